-- The one write path of the ledger: ledger_post_many takes a batch of entries of one legal entity as arrays and writes it
-- in one round trip.
--
--   1. contents    each entry is checked (balanced per currency) and fingerprinted
--   2. accounts    looked up, made when missing
--   3. keys        inserted in sorted order; a key already there makes the entry a replay, or a key reused
--   4. balances    locked; and the gate is read: which months are closed or sealed
--   5. effects     each entry in turn, in memory: the balance after each line, limits, closed months
--   6. writing     entries, postings with version and balance after, balances once per account
--
-- Every call takes its locks in this order: the gate (shared), new accounts, keys by text, balances by (currency, code,
-- holder). Two calls never wait for each other in a circle. (Two calls in one transaction could: a caller with several
-- entries passes one batch, and entities one after the other, sorted.)
--
-- Arithmetic runs in loops over arrays, where a step costs a fraction of a microsecond once the loop is warm; each table is
-- met as a set, by a statement whose plan is made once a session. PL/pgSQL prepares each expression anew in each
-- transaction, some microseconds each, which is nothing for a batch and most of the work for a single entry. For the usual
-- there are shorter ways (0002_post_usual.sql), which leave all else to this function.
--
-- What a CHECK would say about entries, postings and balances is said here and proved by ledger_verify: preparing a CHECK
-- costs as much as inserting the row.
--
-- Debit is positive, credit negative. Entries are given in order, their lines sorted by (entry, account, amount), the
-- accounts sorted by (currency, code, holder), once each: sorted input is what makes one content have one fingerprint.
--
-- Errors a caller can act on have a code of their own, and a JSON object as DETAIL:
--   LG001 limit     LG002 period closed     LG003 beyond BIGINT     LG004 from the future
--   LG005 more than the entry reversed or the hold held     LG006 hold ended     LG007 hold expired

-- Whoever waits for the gate or a balance must then see what others committed meanwhile.
CREATE FUNCTION ledger_require_read_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'ledger: works under READ COMMITTED alone, which sees what others committed while it waited'
            USING ERRCODE = 'active_sql_transaction';
    END IF;
END
$$;


-- Makes the accounts that are missing, with their balance rows. What kind of account it is comes from the chart.
CREATE FUNCTION ledger_open_accounts(entity text, codes text[], currencies text[], holders text[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
#variable_conflict use_variable
BEGIN
    WITH made AS (
        INSERT INTO ledger_account (id, entity, code, currency, holder, side, stripes)
        SELECT ledger_account_id(entity, c, u, h), entity, c, u, h, chart.side, chart.stripes
        FROM unnest(codes, currencies, holders) AS wanted (c, u, h)
        JOIN ledger_chartaccount chart ON chart.code = c
        ORDER BY u COLLATE "C", c COLLATE "C", h COLLATE "C"
        ON CONFLICT DO NOTHING
        RETURNING id, code, side, stripes
    )
    INSERT INTO ledger_accountbalance
           (account_id, stripe, side, balance, version, pending_debit, pending_credit, recorded_at, lag_us, floor_minor, credit_minor)
    SELECT made.id, row_.stripe, made.side, 0, 0, 0, 0, '-infinity', 0, chart.floor_minor, 0
    FROM made
    JOIN ledger_chartaccount chart ON chart.code = made.code
    CROSS JOIN generate_series(0, made.stripes - 1) AS row_ (stripe);
END
$$;


-- SECURITY DEFINER: a role that may only EXECUTE this function can post and do nothing else.
-- coko.ledger_writing is on inside this function and nowhere else; the guards (0002_guards.sql) look at it. The body
-- switches it, not a SET clause of the function: a clause that names a setting of ours takes a superuser to create.
CREATE FUNCTION ledger_post_many(
    entity text,
    -- one element an entry
    entry_ids uuid[], keys text[], journals text[], descriptions text[], source_refs text[], happened timestamptz[],
    reversed_ids uuid[],            -- the entry this one takes back, or null; no array: none does
    settled_ids uuid[],             -- the hold this one settles, or null; no array: none does
    closings boolean[],             -- belongs to the work of closing a month; no array: none does
    lates boolean[],                -- when its month is closed, count it in the open one; no array: none
    recorded timestamptz,           -- now, says the caller; never before what the accounts have seen
    keep_going boolean,             -- true: refused entries are answered; false: the first one is an error
    -- one element an account
    account_codes text[], account_currencies text[], account_holders text[],
    -- one element a line; entry and account are positions in the arrays above, counted from 1
    line_entries int[], line_accounts int[], line_amounts bigint[]
) RETURNS TABLE (
    place int,                      -- position of the entry in the batch
    entry_id uuid,                  -- the entry that holds the key: the new one, or the first one
    recorded_at timestamptz,
    happened_at timestamptz,        -- from when it counts
    outcome text,                   -- new | replayed | key_reused | refused; entries not new were not written
    refusal jsonb                   -- {code, …} when refused
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off                        -- always through the keys, whatever the statistics say on a bad day
SET plan_cache_mode = force_generic_plan        -- planning costs more than running
AS $$
#variable_conflict use_column
DECLARE
    entry_count constant int := cardinality(entry_ids);
    account_count constant int := cardinality(account_codes);
    n int;                                      -- a line's position
    a int;                                      -- an account's position
    m bigint;                                   -- an amount
    -- 1. contents
    prefixes text[];                            -- by account: a line as it stands in the fingerprint, up to its amount
    prints bytea[];                             -- by entry
    -- By account: the first moment this batch counts something from. Filled from the first to the last, because an array
    -- that grows from the middle begins in the middle, and unnest does not tell.
    earliest timestamptz[] := array_fill(NULL::timestamptz, ARRAY[account_count]);
    content text;
    currency text;
    total numeric;
    first int;
    oldest timestamptz := 'infinity';           -- of what happened
    latest timestamptz := '-infinity';
    -- 3. keys
    inserted bigint;
    is_new boolean[];                           -- no array: all are
    -- 4. balances and gate
    ids bigint[]; stripes smallint[]; balances bigint[]; versions bigint[]; seen timestamptz;
    limits jsonb[];                             -- by account: [floor, ceiling, pending debit, pending credit], or null
    is_limited boolean;
    closed_until timestamptz;                   -- moments before are closed
    closing_until timestamptz;                  -- moments before are for the work of closing alone
    -- 5. effects
    too_late timestamptz := 'infinity';          -- whatever happens after is refused
    counted timestamptz[] := happened;          -- from when each entry counts
    refused jsonb[];
    refusal_ jsonb;
    is_refused boolean := false;
    net bigint;
    v bigint;
    made int := 0;                              -- postings so far
    p_accounts int[]; p_entries int[]; p_amounts bigint[]; p_versions bigint[]; p_balances bigint[];
BEGIN
    PERFORM ledger_require_read_committed();
    -- Until the end of the transaction at most: an error on the way rolls it back with everything else.
    PERFORM set_config('coko.ledger_writing', 'on', true),
            -- The gate's lock is shared: posters do not wait for each other, but whoever closes a month or seals a day
            -- takes it alone, and then nothing is on its way.
            pg_advisory_xact_lock_shared(ledger_gate_key());

    -- 1. contents
    FOR a IN 1 .. account_count LOOP
        IF a > 1 AND (account_currencies[a - 1] COLLATE "C", account_codes[a - 1] COLLATE "C", account_holders[a - 1] COLLATE "C")
                  >= (account_currencies[a], account_codes[a], account_holders[a]) THEN
            RAISE EXCEPTION 'ledger: the accounts of a batch are given once each, sorted' USING ERRCODE = 'data_exception';
        END IF;
        prefixes[a] := rtrim(json_build_array(account_codes[a], account_currencies[a], account_holders[a])::text, ']') || ', ';
    END LOOP;
    n := 1;
    FOR e IN 1 .. entry_count LOOP
        content := '[';
        currency := '';
        total := 0;
        a := 0;
        first := n;
        WHILE line_entries[n] = e LOOP
            IF line_accounts[n] < a OR (line_accounts[n] = a AND line_amounts[n] < m) OR line_amounts[n] = 0 THEN
                RAISE EXCEPTION 'ledger: the lines of % are not sorted, or one is zero', keys[e]
                    USING ERRCODE = 'data_exception';
            END IF;
            a := line_accounts[n];
            m := line_amounts[n];
            IF account_currencies[a] <> currency THEN
                EXIT WHEN total <> 0;
                currency := account_currencies[a];
            END IF;
            total := total + m;
            content := content || CASE WHEN n > first THEN ',' ELSE '' END || prefixes[a] || m || ']';
            n := n + 1;
        END LOOP;
        IF total <> 0 OR n = first THEN
            RAISE EXCEPTION 'ledger: entry % does not balance: off by % %', keys[e], total, coalesce(currency, '(no lines)')
                USING ERRCODE = 'check_violation';
        ELSIF journals[e] NOT IN ('VT', 'BQ', 'RD', 'OD') OR keys[e] = '' THEN
            RAISE EXCEPTION 'ledger: entry % has no key, or is in no journal of ours (%)', keys[e], journals[e]
                USING ERRCODE = 'check_violation';
        END IF;
        prints[e] := ledger_fingerprint(keys[e], entity, journals[e], descriptions[e], source_refs[e], happened[e], content || ']');
        oldest := least(oldest, happened[e]);
        latest := greatest(latest, happened[e]);
    END LOOP;
    IF n <> cardinality(line_entries) + 1 THEN
        RAISE EXCEPTION 'ledger: a line belongs to no entry of the batch' USING ERRCODE = 'check_violation';
    END IF;

    -- 2. accounts. Made before a key is taken or a balance locked: who waits for another's new account holds neither.
    SELECT array_agg(ledger_account_id(ledger_post_many.entity, c_, u_, h_) ORDER BY n_)
    INTO ids
    FROM unnest(account_codes, account_currencies, account_holders) WITH ORDINALITY AS wanted (c_, u_, h_, n_);
    IF account_count > (
        SELECT count(*) FROM unnest(ids) AS wanted (id) JOIN ledger_account account ON account.id = wanted.id
    ) THEN
        PERFORM ledger_open_accounts(entity, account_codes, account_currencies, account_holders);
    END IF;

    -- 3. keys. Before the balances, as ledger_post takes them: who waits for another's key holds no balance.
    INSERT INTO ledger_entrykey (key, entry_id)
    SELECT k, i FROM unnest(keys, entry_ids) WITH ORDINALITY AS entry (k, i, n_) ORDER BY k COLLATE "C", n_
    ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted < entry_count THEN
        SELECT array_agg(held.entry_id = entry.i ORDER BY entry.n_)
        INTO is_new
        FROM unnest(entry_ids, keys) WITH ORDINALITY AS entry (i, k, n_)
        JOIN ledger_entrykey held ON held.key = entry.k;
    END IF;

    -- 4. balances and gate
    -- Locked in order, and read after the lock: see LockRows in the plan.
    SELECT array_agg(id ORDER BY n_), array_agg(stripe ORDER BY n_), array_agg(balance ORDER BY n_),
           array_agg(version ORDER BY n_), max(recorded_at), array_agg(limits ORDER BY n_),
           count(limits) > 0,
           (SELECT gate.closed_until FROM ledger_gate gate WHERE gate.entity = ledger_post_many.entity),
           (SELECT gate.closing_until FROM ledger_gate gate WHERE gate.entity = ledger_post_many.entity),
           greatest(recorded, (SELECT fence.sealed_until FROM ledger_fence fence WHERE fence.id = 1))
    INTO ids, stripes, balances, versions, seen, limits, is_limited, closed_until, closing_until, recorded
    FROM (
        SELECT wanted.n_, held.account_id AS id, held.stripe, held.balance, held.version, held.recorded_at,
               CASE WHEN held.floor_minor IS NOT NULL OR held.ceiling_minor IS NOT NULL THEN jsonb_build_array(
                   held.floor_minor - held.credit_minor, held.ceiling_minor, held.pending_debit, held.pending_credit)
               END AS limits
        FROM unnest(ids, account_codes) WITH ORDINALITY AS wanted (id, c_, n_)
        JOIN ledger_chartaccount chart ON chart.code = wanted.c_
        JOIN ledger_accountbalance held
          ON held.account_id = wanted.id AND held.stripe = pg_backend_pid() % chart.stripes
        ORDER BY wanted.n_
        FOR NO KEY UPDATE OF held
    ) AS locked;
    IF cardinality(ids) IS DISTINCT FROM account_count THEN
        RAISE EXCEPTION 'ledger: an account''s code is not in the chart, or its number is another account''s'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- Nothing is recorded before it happened; clocks of others may be a little ahead of the caller's now.
    IF latest > recorded THEN
        IF latest > recorded + interval '5 minutes' AND NOT keep_going THEN
            RAISE EXCEPTION 'ledger: an entry happens at %, after now (%)', latest, recorded USING ERRCODE = 'LG004',
                DETAIL = jsonb_build_object('code', 'LG004', 'happened_at', latest, 'now', recorded)::text;
        END IF;
        -- One that is too far ahead is refused below, and moves nobody's clock.
        too_late := recorded + interval '5 minutes';
        recorded := greatest(recorded, (SELECT max(h) FROM unnest(happened) AS h WHERE h <= too_late));
    END IF;
    -- What an account has seen it has seen: its time never goes back.
    recorded := greatest(recorded, seen);
    IF oldest < closing_until AND true = ANY (lates) THEN
        recorded := greatest(recorded, closing_until);
    END IF;
    IF reversed_ids IS NOT NULL OR settled_ids IS NOT NULL THEN
        PERFORM ledger_settle_and_reverse(entry_ids, is_new, reversed_ids, settled_ids, recorded, keep_going, ids,
                                          line_entries, line_accounts, line_amounts);
        limits := ARRAY(
            SELECT CASE WHEN held.floor_minor IS NOT NULL OR held.ceiling_minor IS NOT NULL THEN jsonb_build_array(
                       held.floor_minor - held.credit_minor, held.ceiling_minor, held.pending_debit, held.pending_credit)
                   END
            FROM unnest(ids, stripes) WITH ORDINALITY AS wanted (id, stripe, n_)
            JOIN ledger_accountbalance held ON held.account_id = wanted.id AND held.stripe = wanted.stripe
            ORDER BY n_
        );
    END IF;

    IF inserted > 0 THEN
        PERFORM set_config('coko.ledger_writing', 'balanced', true);    -- each entry was summed above
        -- 5. effects
        n := 1;
        FOR e IN 1 .. entry_count LOOP
            IF is_new[e] IS FALSE THEN
                WHILE line_entries[n] = e LOOP
                    n := n + 1;
                END LOOP;
                CONTINUE;
            END IF;
            IF happened[e] < closing_until AND (happened[e] < closed_until OR closings[e] IS NOT TRUE) THEN
                IF lates[e] THEN
                    counted[e] := recorded;
                ELSE
                    refusal_ := jsonb_build_object('code', 'LG002', 'entity', entity, 'happened_at', happened[e],
                                                   'open_from', closing_until);
                END IF;
            ELSIF happened[e] > too_late THEN
                refusal_ := jsonb_build_object('code', 'LG004', 'happened_at', happened[e], 'now', recorded);
            END IF;
            first := made;
            net := 0;
            WHILE line_entries[n] = e LOOP
                m := line_amounts[n];
                a := line_accounts[n];
                v := balances[a];
                IF (m > 0 AND v > 9223372036854775807 - m) OR (m < 0 AND v < -9223372036854775808 - m) THEN
                    refusal_ := coalesce(refusal_, jsonb_build_object(
                        'code', 'LG003', 'account', jsonb_build_array(entity, account_codes[a], account_currencies[a], account_holders[a]),
                        'amount', m, 'balance', v));
                    m := 0;                     -- refused: the line stands for nothing
                END IF;
                v := v + m;
                made := made + 1;
                balances[a] := v;
                versions[a] := versions[a] + 1;
                p_accounts[made] := a;
                p_entries[made] := e;
                p_amounts[made] := m;
                p_versions[made] := versions[a];
                p_balances[made] := v;
                n := n + 1;
                IF is_limited AND limits[a] IS NOT NULL THEN
                    -- A limit is looked at after the account's last line in this entry, and only when the entry moves
                    -- towards it: an account beyond its limit may always come back.
                    net := net + m;
                    IF line_entries[n] IS DISTINCT FROM e OR line_accounts[n] <> a THEN
                        refusal_ := coalesce(refusal_, ledger_limit_refusal(
                            ids[a], net, v, (limits[a] ->> 0)::bigint, (limits[a] ->> 1)::bigint,
                            (limits[a] ->> 2)::bigint, (limits[a] ->> 3)::bigint));
                        net := 0;
                    END IF;
                END IF;
            END LOOP;
            IF refusal_ IS NOT NULL THEN
                IF NOT keep_going THEN
                    RAISE EXCEPTION 'ledger: % is refused: %', keys[e], refusal_
                        USING ERRCODE = refusal_ ->> 'code', DETAIL = refusal_::text;
                END IF;
                FOR p IN first + 1 .. made LOOP
                    a := p_accounts[p];
                    balances[a] := balances[a] - p_amounts[p];
                    versions[a] := versions[a] - 1;
                END LOOP;
                made := first;
                refused[e] := refusal_;
                refusal_ := NULL;
                is_refused := true;
                CONTINUE;
            END IF;
            FOR p IN first + 1 .. made LOOP
                IF earliest[p_accounts[p]] IS NULL OR counted[e] < earliest[p_accounts[p]] THEN
                    earliest[p_accounts[p]] := counted[e];
                END IF;
            END LOOP;
        END LOOP;
        IF is_refused THEN
            -- A key stands for an entry; these have none.
            DELETE FROM ledger_entrykey held
            USING unnest(keys, entry_ids) WITH ORDINALITY AS entry (k, i, n_)
            WHERE held.key = entry.k AND held.entry_id = entry.i AND refused[entry.n_] IS NOT NULL;
        END IF;

        -- 6. writing
        INSERT INTO ledger_journalentry
               (id, entity, journal, happened_at, recorded_at, late_from, closing, source_ref, description, key, fingerprint)
        SELECT i, entity, j, c, recorded, nullif(h, c), closings[n_] IS TRUE, s, d, k, f
        FROM unnest(entry_ids, journals, counted, happened, source_refs, descriptions, keys, prints)
             WITH ORDINALITY AS entry (i, j, c, h, s, d, k, f, n_)
        WHERE (is_new[n_] OR is_new IS NULL) AND refused[n_] IS NULL;

        INSERT INTO ledger_posting (account_id, stripe, recorded_at, account_version, entry_id, amount_minor, balance_after)
        SELECT ids[account], stripes[account], recorded, version, entry_ids[entry], amount, balance
        FROM unnest(p_accounts, p_entries, p_amounts, p_versions, p_balances)
             WITH ORDINALITY AS line (account, entry, amount, version, balance, n_)
        WHERE n_ <= made;

        UPDATE ledger_accountbalance held
        SET balance = moved.balance, version = moved.version, recorded_at = recorded,
            lag_us = greatest(held.lag_us, (extract(epoch FROM recorded - moved.earliest) * 1000000)::bigint)
        FROM unnest(ids, stripes, balances, versions, earliest) AS moved (id, stripe, balance, version, earliest)
        WHERE held.account_id = moved.id AND held.stripe = moved.stripe AND moved.earliest IS NOT NULL;
    END IF;

    PERFORM set_config('coko.ledger_writing', 'off', true);

    -- The answer
    FOR e IN 1 .. entry_count LOOP
        place := e;
        IF is_new[e] IS FALSE THEN
            SELECT held.entry_id, found.recorded_at, found.happened_at,
                   CASE WHEN found.fingerprint = prints[e] THEN 'replayed' ELSE 'key_reused' END
            INTO entry_id, recorded_at, happened_at, outcome
            FROM ledger_entrykey held LEFT JOIN ledger_journalentry found ON found.id = held.entry_id
            WHERE held.key = keys[e];
            refusal := refused[array_position(keys, keys[e])];
            IF refusal IS NOT NULL THEN
                outcome := 'refused';           -- as the entry before it in this batch, of the same key
            END IF;
        ELSE
            entry_id := entry_ids[e];
            recorded_at := recorded;
            happened_at := counted[e];
            refusal := refused[e];
            outcome := CASE WHEN refusal IS NULL THEN 'new' ELSE 'refused' END;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;


-- What stands against an entry that moved an account by `net`, or null. Limits are on the account's own side: the natural
-- balance of a credit account is what we owe. What is held has been promised: it counts as gone, or as there already.
CREATE FUNCTION ledger_limit_refusal(
    account_id bigint, net bigint, balance_after bigint, floor_minor bigint, ceiling_minor bigint,
    pending_debit bigint, pending_credit bigint
) RETURNS jsonb
LANGUAGE sql STABLE
RETURN (
    SELECT CASE
        WHEN side * net < 0 AND side * balance_after::numeric - leaving < floor_minor
        THEN described || jsonb_build_object('rule', 'floor', 'limit', floor_minor, 'held', leaving)
        WHEN side * net > 0 AND side * balance_after::numeric + coming > ceiling_minor
        THEN described || jsonb_build_object('rule', 'ceiling', 'limit', ceiling_minor, 'held', coming)
    END
    FROM ledger_account account
    CROSS JOIN LATERAL (
        SELECT CASE side WHEN 1 THEN pending_credit ELSE pending_debit END AS leaving,
               CASE side WHEN 1 THEN pending_debit ELSE pending_credit END AS coming,
               jsonb_build_object(
                   'code', 'LG001', 'account', jsonb_build_array(entity, code, currency, holder), 'amount', abs(net),
                   'balance', side * (balance_after::numeric - net)) AS described
    ) AS natural_side
    WHERE account.id = account_id
);
