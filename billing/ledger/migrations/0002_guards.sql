-- What must hold whoever writes, and however.
--
-- Three fences, from the outside in:
--   privilege  the application's role has SELECT on these tables and EXECUTE on the functions, no more (config/grants.py)
--   guards     the tables take rows only while one of the functions runs, and hardly ever let one be changed or removed
--   balance    an entry that does not sum to zero in each currency does not pass COMMIT (0001_guards.sql)
-- The guards look at a setting that the functions alone switch: to `on`, or to `balanced` once they have summed what they are
-- about to write. They stop mistakes of whoever has the privilege; against a table owner's malice there is
-- `manage.py ledger_verify`, and the seals. The balance is looked at again at COMMIT unless it was summed just before:
-- summing twice took a quarter of a single entry's time.

DO $$
DECLARE
    outside constant text :=
        'WHEN (coalesce(current_setting(''coko.ledger_writing'', true), '''') NOT IN (''on'', ''balanced''))';
    guarded text;
BEGIN
    -- Rows are written by the functions alone.
    FOREACH guarded IN ARRAY ARRAY[
        'account', 'accountbalance', 'journalentry', 'entrykey', 'reversal', 'posting', 'limitchange', 'hold', 'holdline',
        'openhold', 'holdend', 'period', 'periodevent', 'gate', 'fence', 'seal'
    ] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS ledger_%s_by_function ON ledger_%s',
                       CASE guarded WHEN 'journalentry' THEN 'entry' WHEN 'accountbalance' THEN 'balance' ELSE guarded END, guarded);
        EXECUTE format('CREATE TRIGGER ledger_%1$s_by_function BEFORE INSERT ON ledger_%1$s
                        FOR EACH STATEMENT %2$s EXECUTE FUNCTION ledger_refuse_outsiders()', guarded, outside);
    END LOOP;

    -- Their rows are for ever.
    FOREACH guarded IN ARRAY ARRAY[
        'account', 'journalentry', 'reversal', 'posting', 'limitchange', 'hold', 'holdline', 'holdend', 'periodevent', 'seal'
    ] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS ledger_%s_for_ever ON ledger_%s',
                       CASE guarded WHEN 'journalentry' THEN 'entry' ELSE guarded END, guarded);
        EXECUTE format('CREATE TRIGGER ledger_%1$s_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_%1$s
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', guarded);
    END LOOP;

    -- These change, while a function runs: a balance, a month's state, the gate and the fence.
    FOREACH guarded IN ARRAY ARRAY['accountbalance', 'period', 'gate', 'fence'] LOOP
        EXECUTE format('CREATE TRIGGER ledger_%1$s_changed_by_function BEFORE UPDATE ON ledger_%1$s
                        FOR EACH STATEMENT %2$s EXECUTE FUNCTION ledger_refuse_outsiders()', guarded, outside);
        EXECUTE format('CREATE TRIGGER ledger_%1$s_stays BEFORE DELETE OR TRUNCATE ON ledger_%1$s
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', guarded);
    END LOOP;

    -- And these go, while a function runs: a hold that ended, the key of an entry that was refused after all.
    FOREACH guarded IN ARRAY ARRAY['openhold', 'entrykey'] LOOP
        EXECUTE format('CREATE TRIGGER ledger_%1$s_taken_by_function BEFORE DELETE ON ledger_%1$s
                        FOR EACH STATEMENT %2$s EXECUTE FUNCTION ledger_refuse_outsiders()', guarded, outside);
        EXECUTE format('CREATE TRIGGER ledger_%1$s_stays BEFORE UPDATE OR TRUNCATE ON ledger_%1$s
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', guarded);
    END LOOP;
END
$$;

-- Looks at COMMIT, when the other lines of the entry must have come. A condition a row costs a tenth of keeping the rows
-- for a trigger that looks at them as a set, which is what there was before.
CREATE OR REPLACE FUNCTION ledger_refuse_unbalanced() RETURNS trigger
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
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_posting_balances AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (current_setting('coko.ledger_writing', true) IS DISTINCT FROM 'balanced')
    EXECUTE FUNCTION ledger_refuse_unbalanced();

CREATE OR REPLACE FUNCTION ledger_refuse_outsiders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('coko.ledger_writing', true), '') NOT IN ('on', 'balanced') THEN
        RAISE EXCEPTION 'ledger: % on % is refused, only the ledger''s functions write here', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

-- Every posting updates the balance row of its account: half-empty pages let PostgreSQL keep the new version beside the
-- old one, without touching the index.
ALTER TABLE ledger_accountbalance SET (fillfactor = 50);

-- PostgreSQL lets everybody execute a function until told otherwise. Who may is said in config/grants.py.
DO $$
DECLARE
    ours regprocedure;
BEGIN
    FOR ours IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'ledger\_%'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', ours);
    END LOOP;
END
$$;
