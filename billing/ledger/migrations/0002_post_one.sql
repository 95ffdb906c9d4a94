-- One entry, the usual way, in one statement.
--
-- Usual is: new, in one currency, one line an account, every account there, its month open, no clock ahead, no limit in the
-- way. What is not usual belongs to ledger_post_many, which knows why and says so: no row comes back when nothing was
-- written, an error LG000 when something had been, and is rolled back. `operations.post` then goes there.
--
-- The order of locks is that of ledger_post_many: the gate (shared), the key, the balances.
CREATE FUNCTION ledger_post(
    entity text, entry_id uuid, key text, journal text, description text, source_ref text, happened timestamptz,
    recorded timestamptz,
    -- one element a line, sorted by (currency, code, holder)
    codes text[], currencies text[], holders text[], stripe_counts smallint[], amounts bigint[]
) RETURNS timestamptz               -- when it was recorded; null: not usual, nothing was written
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    written_at timestamptz;
    lines int;
BEGIN
    -- The gate, shared, waiting only while somebody closes a month or seals a day; then the guards' switch. In one
    -- expression, and not by PERFORM, which is a whole query: each costs some microseconds anew in each transaction.
    IF NOT (pg_advisory_xact_lock_shared(ledger_gate_key()) IS NOT NULL
            AND set_config('coko.ledger_writing', 'balanced', true) IS NOT NULL) THEN
        RETURN NULL;
    END IF;

    WITH line AS MATERIALIZED (
        SELECT ledger_account_id(entity, c, u, h) AS account_id, (pg_backend_pid() % t)::smallint AS stripe, amount, c, u, h
        FROM unnest(codes, currencies, holders, stripe_counts, amounts) AS given (c, u, h, t, amount)
    ), whole AS (
        SELECT '[' || string_agg(json_build_array(c, u, h, amount)::text, ',') || ']' AS content,
               sum(amount) = 0 AND min(u) = max(u) AND min(abs(amount)) > 0 AS sound
        FROM line
    ), keyed AS (
        -- A key that is there already yields no row, and then nothing follows from it.
        INSERT INTO ledger_entrykey (key, entry_id)
        SELECT key, entry_id
        FROM whole
        WHERE sound AND happened <= recorded AND journal IN ('VT', 'BQ', 'RD', 'OD') AND key <> ''
          AND NOT EXISTS (SELECT FROM ledger_gate gate WHERE gate.entity = ledger_post.entity AND gate.closing_until > happened)
          AND NOT EXISTS (SELECT FROM ledger_fence fence WHERE fence.id = 1 AND fence.sealed_until > recorded)
        ON CONFLICT DO NOTHING
        RETURNING entry_id
    ), locked AS MATERIALIZED (
        -- Rows are met in the order of the lines, through the key, and locked by that. Read after the lock.
        SELECT line.account_id, line.stripe, line.amount, held.recorded_at
        FROM keyed, line JOIN ledger_accountbalance held ON held.account_id = line.account_id AND held.stripe = line.stripe
        FOR NO KEY UPDATE OF held
    ), moved AS (
        -- The whole entry is recorded at one moment: now, but not before what any of its accounts has seen.
        UPDATE ledger_accountbalance held
        SET balance = held.balance + line.amount, version = held.version + 1,
            recorded_at = latest.at,
            lag_us = greatest(held.lag_us, (extract(epoch FROM latest.at - happened) * 1000000)::bigint)
        FROM locked AS line, (SELECT greatest(recorded, max(recorded_at)) AS at FROM locked) AS latest
        WHERE held.account_id = line.account_id AND held.stripe = line.stripe
          AND (held.floor_minor IS NULL OR held.side * line.amount > 0
               OR held.side * (held.balance + line.amount)
                  - CASE held.side WHEN 1 THEN held.pending_credit ELSE held.pending_debit END >= held.floor_minor - held.credit_minor)
          AND (held.ceiling_minor IS NULL OR held.side * line.amount < 0
               OR held.side * (held.balance + line.amount)
                  + CASE held.side WHEN 1 THEN held.pending_debit ELSE held.pending_credit END <= held.ceiling_minor)
        RETURNING held.account_id, held.stripe, held.recorded_at, held.version, line.amount, held.balance
    ), entered AS (
        INSERT INTO ledger_journalentry
               (id, entity, journal, happened_at, recorded_at, source_ref, description, key, fingerprint)
        SELECT entry_id, entity, journal, happened, coalesce((SELECT max(recorded_at) FROM moved), recorded), source_ref, description, key,
               ledger_fingerprint(key, entity, journal, description, source_ref, happened, content)
        FROM keyed, whole
        RETURNING recorded_at
    ), posted AS (
        INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
        SELECT account_id, stripe, recorded_at, version, entry_id, amount, balance FROM moved
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM posted), (SELECT recorded_at FROM entered) INTO lines, written_at;

    IF lines <> cardinality(codes) AND lines + (written_at IS NOT NULL)::int > 0 THEN
        RAISE EXCEPTION 'ledger: % is not usual, it belongs to ledger_post_many', key USING ERRCODE = 'LG000';
    END IF;
    IF set_config('coko.ledger_writing', 'off', true) IS NOT NULL THEN RETURN written_at; END IF;
END
$$;
