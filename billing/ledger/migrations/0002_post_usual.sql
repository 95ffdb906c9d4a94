-- The usual entry, and the usual batch: the short ways beside ledger_post_many.
--
-- Usual is: new, in one currency, every account there, its month open, no clock ahead, nothing reversed or settled, no
-- limit in the way, amounts far from the end of BIGINT. What is not usual belongs to ledger_post_many, which knows why and
-- says so: the answer is null when nothing was written, an error LG000 (or 22003) when something had been, and is rolled
-- back. `operations` then goes there.
--
-- A batch is worked off in sets: five statements, each of which meets one table. A single entry is worked off line by line:
-- setting up the plan of a statement over sets costs more than three statements that meet one row each.
--
-- The order of locks is that of ledger_post_many: the gate (shared), the keys, the balances.
--
-- The whole entry is recorded at one moment: now, but not before what any of its accounts has seen. That is known when
-- all of them are locked: a batch locks them first, a single entry moves up the rows that were behind.

CREATE FUNCTION ledger_post(
    entity text, entry_id uuid, key text, journal text, description text, source_ref text, happened timestamptz,
    recorded timestamptz,
    -- one element a line, sorted by (currency, code, holder, amount)
    codes text[], currencies text[], holders text[], stripe_counts smallint[], amounts bigint[]
) RETURNS timestamptz               -- when it was recorded; null: not usual, nothing was written
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    line_count constant int := cardinality(codes);
    seen timestamptz;               -- by the rows so far
    behind boolean := false;
    total numeric := 0;
    content text := '';
    account bigint;
    own_stripe smallint;
    amount bigint;
    accounts bigint[]; stripes smallint[]; versions bigint[]; balances bigint[];
    moved record;
BEGIN
    -- No PERFORM and no SELECT where an expression does: each is a whole query, some microseconds anew in each transaction.
    FOR n IN 1 .. line_count LOOP
        IF amounts[n] = 0 OR currencies[n] <> currencies[1]
        OR (n > 1 AND (codes[n - 1] COLLATE "C", holders[n - 1] COLLATE "C", amounts[n - 1]) > (codes[n], holders[n], amounts[n])) THEN
            RETURN NULL;
        END IF;
        total := total + amounts[n];
        content := content || ',' || json_build_array(codes[n], currencies[n], holders[n], amounts[n])::text;
    END LOOP;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN NULL;                -- ledger_post_many says why
    END IF;
    -- The gate, shared, waiting only while somebody closes a month or seals a day; then the guards' switch.
    IF NOT (pg_advisory_xact_lock_shared(ledger_gate_key()) IS NOT NULL
            AND set_config('coko.ledger_writing', 'balanced', true) IS NOT NULL) THEN
        RETURN NULL;
    END IF;

    -- A key that is there already yields no row, and then nothing follows from it.
    INSERT INTO ledger_entrykey (key, entry_id)
    SELECT key, entry_id
    WHERE total = 0 AND happened <= recorded AND journal IN ('VT', 'BQ', 'RD', 'OD') AND key <> ''
      AND NOT EXISTS (SELECT FROM ledger_gate gate WHERE gate.entity = ledger_post.entity AND gate.closing_until > happened)
      AND NOT EXISTS (SELECT FROM ledger_fence fence WHERE fence.id = 1 AND fence.sealed_until > recorded)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM set_config('coko.ledger_writing', 'off', true);
        RETURN NULL;
    END IF;

    FOR n IN 1 .. line_count LOOP
        account := ledger_account_id(entity, codes[n], currencies[n], holders[n]);
        own_stripe := pg_backend_pid() % stripe_counts[n];
        amount := amounts[n];
        UPDATE ledger_accountbalance held
        SET balance = held.balance + amount, version = held.version + 1, recorded_at = greatest(held.recorded_at, recorded, seen),
            lag_us = greatest(held.lag_us, (extract(epoch FROM greatest(held.recorded_at, recorded, seen) - happened) * 1000000)::bigint)
        WHERE held.account_id = account AND held.stripe = own_stripe
          AND (held.floor_minor IS NULL OR held.side * amount > 0
               OR held.side * (held.balance + amount)
                  - CASE held.side WHEN 1 THEN held.pending_credit ELSE held.pending_debit END >= held.floor_minor - held.credit_minor)
          AND (held.ceiling_minor IS NULL OR held.side * amount < 0
               OR held.side * (held.balance + amount)
                  + CASE held.side WHEN 1 THEN held.pending_debit ELSE held.pending_credit END <= held.ceiling_minor)
        RETURNING held.recorded_at, held.version, held.balance INTO moved;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'ledger: % is not usual, it belongs to ledger_post_many', key USING ERRCODE = 'LG000';
        END IF;
        behind := behind OR (seen IS NOT NULL AND moved.recorded_at > seen);
        seen := moved.recorded_at;
        accounts[n] := account;
        stripes[n] := own_stripe;
        versions[n] := moved.version;
        balances[n] := moved.balance;
    END LOOP;
    IF behind THEN
        PERFORM ledger_move_up(accounts, stripes, seen, happened);
    END IF;

    INSERT INTO ledger_journalentry
           (id, entity, journal, happened_at, recorded_at, source_ref, description, key, fingerprint)
    VALUES (entry_id, entity, journal, happened, seen, source_ref, description, key,
            ledger_fingerprint(key, entity, journal, description, source_ref, happened, '[' || substr(content, 2) || ']'));

    INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
    SELECT a, s, seen, v, ledger_post.entry_id, m, b
    FROM unnest(accounts, stripes, versions, amounts, balances) AS line (a, s, v, m, b);

    IF set_config('coko.ledger_writing', 'off', true) IS NOT NULL THEN RETURN seen; END IF;
END
$$;


-- Rows that are locked, to a moment one of them has seen: the first of what they take now happened at `happened`.
CREATE FUNCTION ledger_move_up(account_ids bigint[], stripes smallint[], seen timestamptz, happened timestamptz) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE ledger_accountbalance held
    SET recorded_at = seen, lag_us = greatest(held.lag_us, (extract(epoch FROM seen - happened) * 1000000)::bigint)
    FROM unnest(account_ids, stripes) AS line (account_id, stripe)
    WHERE held.account_id = line.account_id AND held.stripe = line.stripe AND held.recorded_at < seen;
END
$$;


CREATE FUNCTION ledger_post_batch(
    entity text,
    -- one element an entry
    entry_ids uuid[], keys text[], journals text[], descriptions text[], source_refs text[], happened timestamptz[],
    recorded timestamptz,
    -- one element an account of its lines, sorted by (currency, code, holder), once each: the order of the locks
    codes text[], currencies text[], holders text[], stripe_counts smallint[],
    -- one element a line; entry and account are positions in the arrays above, counted from 1
    line_entries int[], line_accounts int[], line_amounts bigint[]
) RETURNS timestamptz               -- when it was recorded; null: not usual, nothing was written
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
    is_usual boolean;
    account_ids bigint[];
    prefixes text[];                -- by account: a line as it stands in the fingerprint, up to its amount
    prints bytea[];                 -- by entry
    ranks bigint[]; runnings bigint[];      -- by line: the how many-th of its account, and the sum so far
    stripes smallint[]; versions bigint[]; balances bigint[];       -- by account, before this batch
    seen timestamptz;
    written bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(ledger_gate_key());
    SELECT max(h) <= recorded
           AND NOT EXISTS (SELECT FROM ledger_gate gate WHERE gate.entity = ledger_post_batch.entity AND gate.closing_until > min(h))
           AND NOT EXISTS (SELECT FROM ledger_fence fence WHERE fence.id = 1 AND fence.sealed_until > recorded)
    INTO is_usual
    FROM unnest(happened) AS h;
    IF is_usual IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('coko.ledger_writing', 'balanced', true);

    INSERT INTO ledger_entrykey (key, entry_id)
    SELECT k, i FROM unnest(keys, entry_ids) AS entry (k, i) ORDER BY k COLLATE "C"
    ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(entry_ids) THEN
        RAISE EXCEPTION 'ledger: not a usual batch: a key is there already' USING ERRCODE = 'LG000';
    END IF;

    -- What can be known before the balances is worked out before they are locked: others wait for what comes after.
    SELECT array_agg(ledger_account_id(entity, c, u, h) ORDER BY n),
           array_agg(rtrim(json_build_array(c, u, h)::text, ']') || ', ' ORDER BY n),
           bool_and(is_sorted)
    INTO account_ids, prefixes, is_usual
    FROM (
        SELECT c, u, h, n, coalesce((lag(u COLLATE "C") OVER so_far, lag(c COLLATE "C") OVER so_far, lag(h COLLATE "C") OVER so_far)
                                    < (u, c, h), true) AS is_sorted
        FROM unnest(codes, currencies, holders) WITH ORDINALITY AS account (c, u, h, n)
        WINDOW so_far AS (ORDER BY n)
    ) AS account;
    IF is_usual IS NOT TRUE THEN
        RAISE EXCEPTION 'ledger: the accounts of a batch are given once each, sorted' USING ERRCODE = 'LG000';
    END IF;

    SELECT array_agg(ledger_fingerprint(keys[e], entity, journals[e], descriptions[e], source_refs[e], happened[e],
                                        '[' || lines || ']') ORDER BY e),
           bool_and(is_sound AND journals[e] IN ('VT', 'BQ', 'RD', 'OD') AND keys[e] <> '')
           AND count(*) = cardinality(entry_ids)
    INTO prints, is_usual
    FROM (
        SELECT e, string_agg(prefixes[a] || m || ']', ',' ORDER BY a, m) AS lines,
               sum(m) = 0 AND min(currencies[a]) = max(currencies[a]) AND bool_and(m <> 0) AS is_sound
        FROM unnest(line_entries, line_accounts, line_amounts) AS line (e, a, m)
        GROUP BY e
    ) AS entry;
    IF is_usual IS NOT TRUE THEN
        RAISE EXCEPTION 'ledger: not a usual batch: an entry in several currencies, or none at all' USING ERRCODE = 'LG000';
    END IF;

    SELECT array_agg(a), array_agg(e), array_agg(m), array_agg(rank), array_agg(running)
    INTO line_accounts, line_entries, line_amounts, ranks, runnings
    FROM (
        SELECT a, e, m, row_number() OVER so_far AS rank, (sum(m) OVER so_far)::bigint AS running
        FROM unnest(line_accounts, line_entries, line_amounts) WITH ORDINALITY AS line (a, e, m, n)
        WINDOW so_far AS (PARTITION BY a ORDER BY n)
        ORDER BY a, n
    ) AS line;

    -- Nearly any two large batches meet in some account. They wait for each other here, once, and not row by row, each of
    -- which would by then have changed since their statement began, which costs a look at the whole statement a row.
    IF cardinality(entry_ids) >= 100 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('ledger_post_batch ' || entity, 0));
    END IF;

    -- Locked in the order of the accounts, whatever plan a statement over sets gets: see LockRows above Sort.
    SELECT array_agg(stripe ORDER BY n), array_agg(version ORDER BY n), array_agg(balance ORDER BY n),
           greatest(max(recorded_at), recorded), count(*)
    INTO stripes, versions, balances, seen, written
    FROM (
        SELECT wanted.n, held.stripe, held.version, held.balance, held.recorded_at
        FROM unnest(account_ids, stripe_counts) WITH ORDINALITY AS wanted (id, count, n)
        JOIN ledger_accountbalance held ON held.account_id = wanted.id AND held.stripe = pg_backend_pid() % wanted.count
        ORDER BY wanted.n
        FOR NO KEY UPDATE OF held
    ) AS locked;
    IF written <> cardinality(codes) THEN
        RAISE EXCEPTION 'ledger: not a usual batch: an account is missing' USING ERRCODE = 'LG000';
    END IF;

    -- A limit is held against the lowest and the highest the balance comes to on the way.
    UPDATE ledger_accountbalance held
    SET balance = held.balance + line.net, version = held.version + line.count, recorded_at = seen,
        lag_us = greatest(held.lag_us, (extract(epoch FROM seen - line.earliest) * 1000000)::bigint)
    FROM (
        SELECT account_ids[a] AS account_id, stripes[a] AS stripe, sum(m)::bigint AS net, count(*) AS count,
               min(running) AS low, max(running) AS high, min(happened[e]) AS earliest
        FROM unnest(line_accounts, line_entries, line_amounts, runnings) AS line (a, e, m, running)
        GROUP BY a
    ) AS line
    WHERE held.account_id = line.account_id AND held.stripe = line.stripe
      AND (held.floor_minor IS NULL
           OR CASE held.side WHEN 1 THEN held.balance + line.low - held.pending_credit
                             ELSE -(held.balance + line.high) - held.pending_debit END >= held.floor_minor - held.credit_minor)
      AND (held.ceiling_minor IS NULL
           OR CASE held.side WHEN 1 THEN held.balance + line.high + held.pending_debit
                             ELSE -(held.balance + line.low) + held.pending_credit END <= held.ceiling_minor);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(codes) THEN
        RAISE EXCEPTION 'ledger: not a usual batch: a limit in the way, or an account without lines' USING ERRCODE = 'LG000';
    END IF;

    INSERT INTO ledger_journalentry
           (id, entity, journal, happened_at, recorded_at, source_ref, description, key, fingerprint)
    SELECT i, entity, j, h, seen, s, d, k, f
    FROM unnest(entry_ids, journals, happened, source_refs, descriptions, keys, prints) AS entry (i, j, h, s, d, k, f);

    -- A balance on the way that leaves BIGINT is an error here.
    INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
    SELECT account_ids[a], stripes[a], seen, versions[a] + rank, entry_ids[e], m, balances[a] + running
    FROM unnest(line_accounts, line_entries, line_amounts, ranks, runnings) AS line (a, e, m, rank, running);

    PERFORM set_config('coko.ledger_writing', 'off', true);
    RETURN seen;
END
$$;
