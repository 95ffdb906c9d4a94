DROP TRIGGER runs_authorroyalty_not_emptied ON runs_authorroyalty;
DROP TRIGGER runs_authorroyalty_stays ON runs_authorroyalty;
DROP TRIGGER runs_linestatement_not_emptied ON runs_linestatement;
DROP TRIGGER runs_linestatement_stays ON runs_linestatement;
DROP TRIGGER runs_accruedsale_not_emptied ON runs_accruedsale;
DROP TRIGGER runs_accruedsale_stays ON runs_accruedsale;
DROP TRIGGER runs_periodrun_not_emptied ON runs_periodrun;
DROP TRIGGER runs_periodrun_stays ON runs_periodrun;
DROP FUNCTION runs_refuse_change();
