-- Keeps what was written, out of the way of the new tables, and takes away what 0001 made for the old ones.
CREATE TABLE ledger_before_posting AS SELECT * FROM ledger_posting;
CREATE TABLE ledger_before_key AS SELECT * FROM ledger_entrykey;
ALTER TABLE ledger_account DISABLE TRIGGER USER;
ALTER TABLE ledger_journalentry DISABLE TRIGGER USER;
DROP FUNCTION ledger_post_many, ledger_account_ids;
DROP FUNCTION ledger_note_unbalanced CASCADE;
