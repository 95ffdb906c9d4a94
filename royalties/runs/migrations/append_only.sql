-- What was computed or issued stays as it was; corrections are new rows.
CREATE FUNCTION runs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER runs_authorroyalty_stays BEFORE UPDATE OR DELETE ON runs_authorroyalty
    FOR EACH ROW EXECUTE FUNCTION runs_refuse_change();
CREATE TRIGGER runs_authorroyalty_not_emptied BEFORE TRUNCATE ON runs_authorroyalty
    FOR EACH STATEMENT EXECUTE FUNCTION runs_refuse_change();

CREATE TRIGGER runs_linestatement_stays BEFORE UPDATE OR DELETE ON runs_linestatement
    FOR EACH ROW EXECUTE FUNCTION runs_refuse_change();
CREATE TRIGGER runs_linestatement_not_emptied BEFORE TRUNCATE ON runs_linestatement
    FOR EACH STATEMENT EXECUTE FUNCTION runs_refuse_change();

CREATE TRIGGER runs_accruedsale_stays BEFORE UPDATE OR DELETE ON runs_accruedsale
    FOR EACH ROW EXECUTE FUNCTION runs_refuse_change();
CREATE TRIGGER runs_accruedsale_not_emptied BEFORE TRUNCATE ON runs_accruedsale
    FOR EACH STATEMENT EXECUTE FUNCTION runs_refuse_change();

CREATE TRIGGER runs_periodrun_stays BEFORE UPDATE OR DELETE ON runs_periodrun
    FOR EACH ROW EXECUTE FUNCTION runs_refuse_change();
CREATE TRIGGER runs_periodrun_not_emptied BEFORE TRUNCATE ON runs_periodrun
    FOR EACH STATEMENT EXECUTE FUNCTION runs_refuse_change();
