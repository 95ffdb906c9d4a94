-- Takes back 0001_guards.sql and 0001_posting.sql; the triggers go with the tables' functions.
DROP FUNCTION ledger_refuse_unbalanced, ledger_note_unbalanced, ledger_refuse_outsiders, ledger_refuse_change CASCADE;
DROP FUNCTION ledger_post_many, ledger_account_ids, ledger_fingerprint, ledger_entry_ref, ledger_account_name;
