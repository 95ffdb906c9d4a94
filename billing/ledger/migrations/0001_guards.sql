-- What must hold whoever writes, and however.
--
-- Three fences, from the outside in:
--   privilege  in a deployment with two roles, the application's has EXECUTE on ledger_post_many and SELECT, no more
--   guards     the tables take rows only while ledger_post_many runs, and never let one be changed or removed
--   balance    an entry that does not sum to zero in each currency does not pass COMMIT
-- The guards look at a setting that ledger_post_many alone switches on. They stop mistakes, not a saboteur with a
-- superuser's session: against that there is `manage.py ledger_verify`.

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % on % is refused, its rows are for ever; reverse the entry instead', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION ledger_refuse_outsiders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('coko.ledger_writing', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'ledger: % on % is refused, only ledger_post_many writes here', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

-- Append-only: accounts, entries, keys, reversals, postings. A balance is updated, but only by the function.
CREATE TRIGGER ledger_account_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entrykey_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entrykey
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_reversal_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_posting_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_balance_for_ever BEFORE DELETE OR TRUNCATE ON ledger_accountbalance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER ledger_account_by_function BEFORE INSERT ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_outsiders();
CREATE TRIGGER ledger_entry_by_function BEFORE INSERT ON ledger_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_outsiders();
CREATE TRIGGER ledger_entrykey_by_function BEFORE INSERT ON ledger_entrykey
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_outsiders();
CREATE TRIGGER ledger_reversal_by_function BEFORE INSERT ON ledger_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_outsiders();
CREATE TRIGGER ledger_posting_by_function BEFORE INSERT ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_outsiders();
CREATE TRIGGER ledger_balance_by_function BEFORE INSERT OR UPDATE ON ledger_accountbalance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_outsiders();

-- Balanced at COMMIT, in two steps, because a deferred trigger for each posting would cost more than the posting.
-- Each statement that inserts postings is summed as a set; entries it left unbalanced are noted in a small table, and
-- the deferred constraint trigger of that table looks again at COMMIT, when the other lines must have come.
CREATE FUNCTION ledger_note_unbalanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_unbalancedentry (entry_id)
    SELECT DISTINCT entry_id
    FROM (
        SELECT line.entry_id
        FROM new_postings line LEFT JOIN ledger_account account ON account.id = line.account_id
        GROUP BY line.entry_id, account.currency
        HAVING sum(line.amount_minor) <> 0
    ) AS off
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_posting_note_unbalanced AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS new_postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_unbalanced();

CREATE FUNCTION ledger_refuse_unbalanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    off text;
BEGIN
    SELECT string_agg(format('%s %s', total, coalesce(currency, '(no such account)')), ', ')
    INTO off
    FROM (
        SELECT account.currency, sum(line.amount_minor) AS total
        FROM ledger_posting line LEFT JOIN ledger_account account ON account.id = line.account_id
        WHERE line.entry_id = NEW.entry_id
        GROUP BY account.currency
        HAVING sum(line.amount_minor) <> 0
    ) AS sums;
    IF off IS NOT NULL THEN
        RAISE EXCEPTION 'ledger: entry % is off by %', ledger_entry_ref(NEW.entry_id), off USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM ledger_unbalancedentry WHERE entry_id = NEW.entry_id;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_unbalancedentry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unbalanced();
