-- The one write path of the ledger: ledger_post_many takes a batch of entries as arrays and writes it in one round trip.
--
--   1. accounts    missing ones are created, in sorted order
--   2. contents    each entry is checked (balanced per currency) and fingerprinted
--   3. keys        inserted in sorted order; a key already there makes the entry a replay, or a key reused
--   4. balances    of the accounts touched are locked in order of their id
--   5. writing     entries, postings with version and balance after, balances once per account
--
-- Every call takes its locks in the order accounts, keys, balances, and each kind sorted: two calls never wait for each
-- other in a circle. (Two calls in one transaction could: a caller with several entries passes one batch.)
--
-- Sets, not loops: per-line data is looked up by position in arrays of fixed-width values, which costs the same at
-- 3 lines and at 3,000; joins are only with tables, through their keys, so no cached plan can turn quadratic.

-- The SHA-256 of what an entry says. `lines` is a JSON array of [code, currency, holder, amount], sorted.
-- The bytes hashed are a JSON array as PostgreSQL prints it; anybody can recompute them in any language.
CREATE FUNCTION ledger_fingerprint(
    key text, entity text, journal text, description text, source_ref text, happened_at timestamptz, lines text
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(json_build_array(
    key, entity, journal, description, source_ref, (extract(epoch FROM happened_at) * 1000000)::bigint, lines
)::text, 'UTF8'));


-- SECURITY DEFINER: a role that may only EXECUTE this function can post and do nothing else.
-- coko.ledger_writing is on inside this function and nowhere else; the guards (0001_guards.sql) look at it. The body
-- switches it, not a SET clause of the function: a clause that names a setting of ours takes a superuser to create.
CREATE FUNCTION ledger_post_many(
    -- one element an entry
    entry_ids uuid[], keys text[], entities text[], journals text[], descriptions text[], source_refs text[],
    happened timestamptz[],
    reversed_ids uuid[],            -- the entry this one takes back, or null
    recorded timestamptz,
    -- one element an account; the entity is part of it
    account_entities text[], account_codes text[], account_currencies text[], account_holders text[],
    -- one element a line; entry and account are positions in the arrays above, counted from 1
    line_entries int[], line_accounts int[], line_amounts bigint[]
) RETURNS TABLE (
    place int,                      -- position of the entry in the batch
    entry_id uuid,                  -- the entry that holds the key: the new one, or the first one
    recorded_at timestamptz,
    outcome text                    -- new | replayed | key_reused; entries not new were not written again
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off            -- always through the keys, whatever the statistics say on a bad day
AS $$
#variable_conflict use_column
DECLARE
    account_ids bigint[];           -- aligned with the account arrays
    contents text[];                -- aligned with the entry arrays: the lines as text
    line_entities text[];           -- aligned with the entry arrays: the legal entity of the lines' accounts
    fault int;                      -- an entry that does not balance
    in_range boolean;               -- the lines belong to entries of this batch
    prints bytea[];                 -- aligned with the entry arrays
    inserted bigint;
    is_new boolean[];               -- aligned with the entry arrays
    touched bigint[];               -- accounts of the new lines, sorted
    balances bigint[];              -- aligned with touched, before this batch
    versions bigint[];
BEGIN
    -- Until the end of the transaction at most: an error on the way rolls it back with everything else.
    PERFORM set_config('coko.ledger_writing', 'on', true);

    -- 1. accounts
    account_ids := ledger_account_ids(account_entities, account_codes, account_currencies, account_holders);
    IF array_position(account_ids, NULL) IS NOT NULL THEN
        WITH made AS (
            INSERT INTO ledger_account (entity, code, currency, holder)
            SELECT e, c, u, h
            FROM unnest(account_entities, account_codes, account_currencies, account_holders) AS wanted (e, c, u, h)
            ORDER BY e COLLATE "C", c COLLATE "C", u COLLATE "C", h COLLATE "C"
            ON CONFLICT DO NOTHING
            RETURNING id
        )
        INSERT INTO ledger_accountbalance (account_id, balance, version) SELECT id, 0, 0 FROM made;
        account_ids := ledger_account_ids(account_entities, account_codes, account_currencies, account_holders);
    END IF;

    -- 2. contents
    SELECT array_agg(content ORDER BY entry), array_agg(entity ORDER BY entry), min(entry) FILTER (WHERE faulty),
           min(entry) = 1 AND max(entry) = cardinality(keys)
    INTO contents, line_entities, fault, in_range
    FROM (
        SELECT entry, min(entity) AS entity, bool_or(off <> 0) OR min(entity) <> max(entity) AS faulty,
               '[' || string_agg(content, ',' ORDER BY content COLLATE "C") || ']' AS content
        FROM (
            SELECT line.entry, account.entity, sum(line.amount) AS off,
                   string_agg(json_build_array(account.code, account.currency, account.holder, line.amount)::text, ','
                              ORDER BY account.code, account.holder, line.amount) AS content
            FROM unnest(line_entries, line_accounts, line_amounts) AS line (entry, account, amount)
            JOIN ledger_account account ON account.id = account_ids[line.account]
            GROUP BY line.entry, account.entity, account.currency
        ) AS by_currency
        GROUP BY entry
    ) AS by_entry;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'ledger: entry % does not balance', keys[fault] USING ERRCODE = 'check_violation';
    ELSIF in_range IS NOT TRUE OR line_entities IS DISTINCT FROM entities THEN
        RAISE EXCEPTION 'ledger: an entry has no lines, or lines of another legal entity' USING ERRCODE = 'check_violation';
    END IF;

    -- 3. keys
    SELECT array_agg(ledger_fingerprint(k, e, j, d, s, h, c) ORDER BY n)
    INTO prints
    FROM unnest(keys, entities, journals, descriptions, source_refs, happened, contents)
         WITH ORDINALITY AS entry (k, e, j, d, s, h, c, n);

    INSERT INTO ledger_entrykey (entry_id, key, fingerprint)
    SELECT i, k, f
    FROM unnest(entry_ids, keys, prints) WITH ORDINALITY AS entry (i, k, f, n)
    ORDER BY k COLLATE "C", n
    ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;

    IF inserted = cardinality(keys) THEN
        is_new := array_fill(true, ARRAY[inserted::int]);
    ELSE
        SELECT array_agg(held.entry_id = entry.i ORDER BY entry.n)
        INTO is_new
        FROM unnest(entry_ids, keys) WITH ORDINALITY AS entry (i, k, n)
        JOIN ledger_entrykey held ON held.key = entry.k;
    END IF;

    IF inserted > 0 THEN
        -- 4. balances
        touched := ARRAY(
            SELECT DISTINCT account_ids[line.account]
            FROM unnest(line_entries, line_accounts) AS line (entry, account)
            WHERE is_new[line.entry]
            ORDER BY 1
        );
        SELECT array_agg(balance ORDER BY account_id), array_agg(version ORDER BY account_id)
        INTO balances, versions
        FROM (
            SELECT account_id, balance, version
            FROM ledger_accountbalance
            WHERE account_id = ANY (touched)
            ORDER BY account_id
            FOR NO KEY UPDATE
        ) AS locked;
        IF cardinality(balances) IS DISTINCT FROM cardinality(touched) THEN
            RAISE EXCEPTION 'ledger: an account has no balance row; run ledger_verify' USING ERRCODE = 'data_corrupted';
        END IF;

        -- 5. writing
        INSERT INTO ledger_journalentry
               (id, entity, journal, happened_at, recorded_at, source_ref, description)
        SELECT i, e, j, h, recorded, s, d
        FROM unnest(entry_ids, entities, journals, happened, source_refs, descriptions)
             WITH ORDINALITY AS entry (i, e, j, h, s, d, n)
        WHERE is_new[n];

        INSERT INTO ledger_reversal (reversed_id, reversing_id)
        SELECT r, i
        FROM unnest(reversed_ids, entry_ids) WITH ORDINALITY AS entry (r, i, n)
        WHERE r IS NOT NULL AND is_new[n]
        ORDER BY r;

        -- A sum beyond BIGINT fails here, at the cast, before anything is out of range.
        INSERT INTO ledger_posting (account_id, account_version, entry_id, amount_minor, balance_after)
        SELECT account,
               versions[slot] + row_number() OVER so_far,
               entry_ids[entry],
               amount,
               (balances[slot] + sum(amount) OVER so_far)::bigint
        FROM (
            SELECT account_ids[line.account] AS account, line.entry, line.amount, line.n,
                   dense_rank() OVER (ORDER BY account_ids[line.account]) AS slot  -- position in touched
            FROM unnest(line_entries, line_accounts, line_amounts) WITH ORDINALITY AS line (entry, account, amount, n)
            WHERE is_new[line.entry]
        ) AS new_line
        WINDOW so_far AS (PARTITION BY account ORDER BY n);

        UPDATE ledger_accountbalance held
        SET balance = held.balance + moved.amount, version = held.version + moved.lines
        FROM (
            SELECT account_ids[line.account] AS account, sum(line.amount)::bigint AS amount, count(*) AS lines
            FROM unnest(line_entries, line_accounts, line_amounts) AS line (entry, account, amount)
            WHERE is_new[line.entry]
            GROUP BY 1
        ) AS moved
        WHERE held.account_id = moved.account;
    END IF;

    PERFORM set_config('coko.ledger_writing', 'off', true);

    -- The answer
    IF inserted = cardinality(keys) THEN
        RETURN QUERY
        SELECT n::int, i, recorded, 'new' FROM unnest(entry_ids) WITH ORDINALITY AS entry (i, n) ORDER BY n;
    ELSE
        RETURN QUERY
        SELECT entry.n::int, held.entry_id, first.recorded_at,
               CASE WHEN is_new[entry.n] THEN 'new' WHEN held.fingerprint = entry.f THEN 'replayed' ELSE 'key_reused' END
        FROM unnest(keys, prints) WITH ORDINALITY AS entry (k, f, n)
        JOIN ledger_entrykey held ON held.key = entry.k
        JOIN ledger_journalentry first ON first.id = held.entry_id
        ORDER BY entry.n;
    END IF;
END
$$;


-- Account ids aligned with the arrays; null where there is no such account yet. (PL/pgSQL, because it keeps its plan.)
CREATE FUNCTION ledger_account_ids(entities text[], codes text[], currencies text[], holders text[])
RETURNS bigint[]
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN (
        SELECT array_agg(account.id ORDER BY wanted.n)
        FROM unnest(entities, codes, currencies, holders) WITH ORDINALITY AS wanted (e, c, u, h, n)
        LEFT JOIN ledger_account account
          ON account.entity = wanted.e AND account.code = wanted.c
         AND account.currency = wanted.u AND account.holder = wanted.h
    );
END
$$;


-- For people who read the tables, and for messages: an entry's public id, and an account in words.
CREATE FUNCTION ledger_entry_ref(entry_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    -- ULID: 128 bits, padded to 130, five bits a character
    SELECT 'jrn_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substring(
               B'00' || ('x' || replace(entry_id::text, '-', ''))::bit(128) FROM 5 * i + 1 FOR 5)::int, 1), '' ORDER BY i)
    FROM generate_series(0, 25) AS i
);

CREATE FUNCTION ledger_account_name(account_id bigint) RETURNS text
LANGUAGE sql STABLE
RETURN coalesce(
    (SELECT concat_ws(' ', entity, code, currency, nullif(holder, '')) FROM ledger_account WHERE id = account_id),
    format('account %s (missing)', account_id)
);

REVOKE ALL ON FUNCTION ledger_post_many FROM PUBLIC;

-- Every posting updates the balance row of its account: half-empty pages let PostgreSQL keep the new version beside the
-- old one, without touching the index.
ALTER TABLE ledger_accountbalance SET (fillfactor = 50);
