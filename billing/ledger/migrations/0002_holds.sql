-- Two-phase: a hold promises an entry. What it takes from an account, or brings to it, counts in the account's pending
-- columns from then on, so a balance is never promised twice. A hold ends once: settled by an entry (wholly or partly, in
-- ledger_settle_and_reverse), voided, or expired. Accounts in many stripes have no limits, hence no pending amounts.
--
-- Locks in the order of ledger_post_many: new accounts, keys, balances by (currency, code, holder), then open holds.

-- SECURITY DEFINER, as ledger_post_many. Refusals are errors LG001; holding is all or nothing.
CREATE FUNCTION ledger_hold_many(
    entity text, hold_ids uuid[], keys text[], journals text[], descriptions text[], source_refs text[],
    expires timestamptz[],          -- or null: until it is settled or voided
    recorded timestamptz,
    account_codes text[], account_currencies text[], account_holders text[],
    line_entries int[], line_accounts int[], line_amounts bigint[]
) RETURNS TABLE (place int, hold_id uuid, recorded_at timestamptz, outcome text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    ids bigint[];                   -- by position of the account
    prints bytea[];
    is_new boolean[];
    held ledger_accountbalance;
    refusal jsonb;
    line record;
BEGIN
    PERFORM ledger_require_read_committed();
    PERFORM set_config('coko.ledger_writing', 'on', true);
    PERFORM ledger_open_accounts(entity, account_codes, account_currencies, account_holders);
    SELECT array_agg(account.id ORDER BY n)
    INTO ids
    FROM unnest(account_codes, account_currencies, account_holders) WITH ORDINALITY AS wanted (c, u, h, n)
    JOIN ledger_account account
      ON account.entity = ledger_hold_many.entity AND account.code = c AND account.currency = u AND account.holder = h;
    IF cardinality(ids) IS DISTINCT FROM cardinality(account_codes) THEN
        RAISE EXCEPTION 'ledger: an account''s code is not in the chart' USING ERRCODE = 'foreign_key_violation';
    END IF;

    -- Each hold balances as an entry does, and is fingerprinted as one: what happens then is its end of time.
    SELECT array_agg(ledger_fingerprint(keys[entry], entity, journals[entry], descriptions[entry],
                                        source_refs[entry], expires[entry], content) ORDER BY entry)
    INTO prints
    FROM (
        SELECT line.entry,
               '[' || string_agg(json_build_array(account.code, account.currency, account.holder, line.amount)::text, ','
                      ORDER BY account.currency, account.code, account.holder, line.amount) || ']' AS content
        FROM unnest(line_entries, line_accounts, line_amounts) AS line (entry, account, amount)
        JOIN ledger_account account ON account.id = ids[line.account]
        GROUP BY line.entry
    ) AS contents;
    IF cardinality(prints) IS DISTINCT FROM cardinality(keys) OR EXISTS (
        SELECT FROM unnest(line_entries, line_accounts, line_amounts) AS line (entry, account, amount)
        GROUP BY line.entry, account_currencies[line.account] HAVING sum(line.amount) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger: a hold does not balance, or has no lines'
            USING ERRCODE = 'check_violation';
    END IF;

    WITH made AS (
        INSERT INTO ledger_hold
               (id, key, entity, journal, description, source_ref, expires_at, recorded_at, fingerprint)
        SELECT i, k, entity, j, d, s, x, recorded, f
        FROM unnest(hold_ids, keys, journals, descriptions, source_refs, expires, prints)
             WITH ORDINALITY AS wanted (i, k, j, d, s, x, f, n)
        ORDER BY k COLLATE "C", n
        ON CONFLICT (key) DO NOTHING
        RETURNING id
    )
    SELECT array_agg(made.id IS NOT NULL ORDER BY n)
    INTO is_new
    FROM unnest(hold_ids) WITH ORDINALITY AS wanted (i, n) LEFT JOIN made ON made.id = i;

    INSERT INTO ledger_openhold (hold_id, expires_at)
    SELECT i, x FROM unnest(hold_ids, expires) WITH ORDINALITY AS wanted (i, x, n) WHERE is_new[n];

    PERFORM ledger_lock_balances(ids);
    FOR line IN
        SELECT wanted.entry, wanted.account, wanted.amount, account.id, account.stripes,
               row_number() OVER (PARTITION BY entry ORDER BY wanted.account, amount) AS number
        FROM unnest(line_entries, line_accounts, line_amounts) AS wanted (entry, account, amount)
        JOIN ledger_account account ON account.id = ids[wanted.account]
        WHERE is_new[entry]
        ORDER BY entry, wanted.account, amount
    LOOP
        INSERT INTO ledger_holdline (hold_id, line, account_id, amount_minor)
        VALUES (hold_ids[line.entry], line.number, line.id, line.amount);
        CONTINUE WHEN line.stripes > 1;
        UPDATE ledger_accountbalance balance_row
        SET pending_debit = pending_debit + greatest(line.amount, 0),
            pending_credit = pending_credit + greatest(-line.amount, 0)
        WHERE account_id = line.id AND stripe = 0
        RETURNING balance_row.* INTO held;
        refusal := ledger_limit_refusal(
            line.id, line.amount, held.balance, held.floor_minor - held.credit_minor, held.ceiling_minor,
            held.pending_debit, held.pending_credit);
        IF refusal IS NOT NULL THEN
            -- Told as it was before: a hold moves no balance, and is not yet among what is held.
            refusal := refusal || jsonb_build_object(
                'balance', (refusal ->> 'balance')::numeric
                           + CASE refusal ->> 'rule' WHEN 'floor' THEN -1 ELSE 1 END * abs(line.amount),
                'held', (refusal ->> 'held')::numeric - abs(line.amount));
            RAISE EXCEPTION 'ledger: hold % is refused: %', keys[line.entry], refusal
                USING ERRCODE = refusal ->> 'code', DETAIL = refusal::text;
        END IF;
    END LOOP;

    PERFORM set_config('coko.ledger_writing', 'off', true);

    RETURN QUERY
    SELECT wanted.n::int, found.id, found.recorded_at,
           CASE WHEN is_new[wanted.n] THEN 'new' WHEN found.fingerprint = wanted.f THEN 'replayed' ELSE 'key_reused' END
    FROM unnest(keys, prints) WITH ORDINALITY AS wanted (k, f, n)
    JOIN ledger_hold found ON found.key = wanted.k
    ORDER BY wanted.n;
END
$$;


-- Ends holds without an entry: voided by somebody, or expired. Those that ended before are left as they are.
-- Answers the holds that ended now.
CREATE FUNCTION ledger_end_holds(wanted uuid[], outcome text, reason text, at timestamptz) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    ended uuid[];
BEGIN
    PERFORM set_config('coko.ledger_writing', 'on', true);
    PERFORM ledger_lock_balances(ARRAY(SELECT DISTINCT account_id FROM ledger_holdline WHERE hold_id = ANY (wanted)));

    WITH taken AS (
        DELETE FROM ledger_openhold
        WHERE hold_id = ANY (wanted) AND (ledger_end_holds.outcome <> 'expired' OR expires_at <= at)
        RETURNING hold_id
    )
    SELECT array_agg(hold_id ORDER BY hold_id) INTO ended FROM taken;

    INSERT INTO ledger_holdend (hold_id, outcome, entry_id, reason, ended_at)
    SELECT hold_id, ledger_end_holds.outcome, NULL, ledger_end_holds.reason, at FROM unnest(ended) AS hold_id;

    PERFORM ledger_free_pending(ended);
    PERFORM set_config('coko.ledger_writing', 'off', true);
    RETURN QUERY SELECT unnest(ended);
END
$$;


-- The reversals and holds among a batch of entries: linked, held to the entry they take back or the promise they settle,
-- and what was pending is freed. Called by ledger_post_many before it moves balances. All or nothing.
CREATE FUNCTION ledger_settle_and_reverse(
    entry_ids uuid[], is_new boolean[], reversed_ids uuid[], settled_ids uuid[], recorded timestamptz, keep_going boolean,
    ids bigint[],                   -- by account, in the order balances are locked
    line_entries int[], line_accounts int[], line_amounts bigint[]
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    excess jsonb;
    settled uuid[];
    ended uuid[];
BEGIN
    IF keep_going THEN
        RAISE EXCEPTION 'ledger: a batch that keeps going takes nothing back and settles no hold'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    settled := ARRAY(
        SELECT i FROM unnest(settled_ids) WITH ORDINALITY AS entry (i, n)
        WHERE i IS NOT NULL AND (is_new IS NULL OR is_new[n]) ORDER BY i
    );
    IF settled <> '{}' THEN
        -- All balances of the batch, in order, before any of them changes.
        PERFORM ledger_lock_balances(ids);
    END IF;

    -- Never more than was there, account by account, and never the other way round.
    WITH target AS (
        SELECT n, line.account_id, sum(-line.amount_minor) AS amount
        FROM unnest(reversed_ids) WITH ORDINALITY AS entry (i, n)
        JOIN ledger_posting line ON line.entry_id = i
        WHERE is_new IS NULL OR is_new[n]
        GROUP BY 1, 2
        UNION ALL
        SELECT n, line.account_id, sum(line.amount_minor)
        FROM unnest(settled_ids) WITH ORDINALITY AS entry (i, n)
        JOIN ledger_holdline line ON line.hold_id = i
        WHERE is_new IS NULL OR is_new[n]
        GROUP BY 1, 2
    ), given AS (
        SELECT line.entry AS n, ids[line.account] AS account_id, sum(line.amount) AS amount
        FROM unnest(line_entries, line_accounts, line_amounts) AS line (entry, account, amount)
        WHERE (reversed_ids[line.entry] IS NOT NULL OR settled_ids[line.entry] IS NOT NULL)
          AND (is_new IS NULL OR is_new[line.entry])
        GROUP BY 1, 2
    )
    SELECT jsonb_build_object('code', 'LG005', 'account', jsonb_build_array(a.entity, a.code, a.currency, a.holder),
                              'amount', given.amount, 'limit', coalesce(target.amount, 0))
    INTO excess
    FROM given
    JOIN ledger_account a ON a.id = given.account_id
    LEFT JOIN target ON target.n = given.n AND target.account_id = given.account_id
    WHERE target.amount IS NULL OR sign(given.amount) <> sign(target.amount) OR abs(given.amount) > abs(target.amount)
    ORDER BY given.n, given.account_id
    LIMIT 1;
    IF excess IS NOT NULL THEN
        RAISE EXCEPTION 'ledger: more than was there: %', excess USING ERRCODE = 'LG005', DETAIL = excess::text;
    END IF;

    INSERT INTO ledger_reversal (reversed_id, reversing_id)
    SELECT r, i
    FROM unnest(reversed_ids, entry_ids) WITH ORDINALITY AS entry (r, i, n)
    WHERE r IS NOT NULL AND (is_new IS NULL OR is_new[n])
    ORDER BY r;

    IF settled = '{}' THEN
        RETURN;
    END IF;
    WITH taken AS (
        DELETE FROM ledger_openhold WHERE hold_id = ANY (settled) RETURNING hold_id, expires_at
    )
    SELECT array_agg(hold_id ORDER BY hold_id), jsonb_agg(expires_at) FILTER (WHERE expires_at <= recorded)
    INTO ended, excess
    FROM taken;
    IF ended IS DISTINCT FROM settled THEN
        RAISE EXCEPTION 'ledger: a hold has ended before' USING ERRCODE = 'LG006', DETAIL = '{"code": "LG006"}';
    ELSIF excess IS NOT NULL THEN
        RAISE EXCEPTION 'ledger: a hold has expired' USING ERRCODE = 'LG007',
            DETAIL = jsonb_build_object('code', 'LG007', 'expired_at', excess -> 0)::text;
    END IF;

    INSERT INTO ledger_holdend (hold_id, outcome, entry_id, reason, ended_at)
    SELECT h, CASE WHEN promised.amount = given.amount THEN 'posted' ELSE 'partly' END, i, '', recorded
    FROM unnest(settled_ids, entry_ids) WITH ORDINALITY AS entry (h, i, n)
    CROSS JOIN LATERAL (SELECT sum(abs(amount_minor)) AS amount FROM ledger_holdline WHERE hold_id = h) AS promised
    CROSS JOIN LATERAL (
        SELECT sum(abs(line.amount)) AS amount
        FROM unnest(line_entries, line_amounts) AS line (entry, amount) WHERE line.entry = n
    ) AS given
    WHERE h = ANY (settled)
    ORDER BY h;
    PERFORM ledger_free_pending(settled);
END
$$;


-- Takes the balances of accounts for this transaction, in the order every function of ours takes them.
CREATE FUNCTION ledger_lock_balances(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM ledger_accountbalance held
    JOIN ledger_account account ON account.id = held.account_id
    WHERE held.account_id = ANY (ids) AND held.stripe = pg_backend_pid() % account.stripes
    ORDER BY account.currency, account.code, account.holder, account.entity
    FOR NO KEY UPDATE OF held;
END
$$;


-- What holds had pending is pending no more. The balances are locked already.
CREATE FUNCTION ledger_free_pending(holds uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_accountbalance held
    SET pending_debit = held.pending_debit - freed.debit, pending_credit = held.pending_credit - freed.credit
    FROM (
        SELECT line.account_id, sum(greatest(line.amount_minor, 0)) AS debit, sum(greatest(-line.amount_minor, 0)) AS credit
        FROM ledger_holdline line
        JOIN ledger_account account ON account.id = line.account_id AND account.stripes = 1
        WHERE line.hold_id = ANY (holds)
        GROUP BY line.account_id
    ) AS freed
    WHERE held.account_id = freed.account_id AND held.stripe = 0;
END
$$;
