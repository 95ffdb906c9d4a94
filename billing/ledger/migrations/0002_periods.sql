-- Months that close, and days that are sealed: what was written stays what it was.
--
-- Posters take the gate's lock shared, until their transaction ends. Whoever closes a month or seals a day takes it alone:
-- nothing is on its way then, and whoever comes after sees the new state. So a closed month has all its entries, and a
-- sealed day all of its.

-- The gate, alone. Whoever waits for it lets nobody post meanwhile: so not for long, and the caller tries again (LG008).
CREATE FUNCTION ledger_take_gate() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    patience constant text := current_setting('lock_timeout');
BEGIN
    PERFORM ledger_require_read_committed();
    PERFORM set_config('lock_timeout', '200ms', true);
    PERFORM pg_advisory_xact_lock(ledger_gate_key());
    PERFORM set_config('lock_timeout', patience, true);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'ledger: entries are on their way' USING ERRCODE = 'LG008';
END
$$;


-- Months close in order and reopen in reverse order. Opening a closed month takes two people: one asks and says why, the
-- other one does it. Errors: LG101 not the month's turn, LG102 not ended yet, LG103 needs a reason, LG104 needs another person.
CREATE FUNCTION ledger_move_period(
    entity text, starts_at timestamptz, ends_at timestamptz,
    event text,                     -- closing | closed | withdrawn | asked | reopened
    actor text, reason text, at timestamptz
) RETURNS text                      -- the month's state now
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    gate ledger_gate;
    before text;
    after_ text;
    asked_event text;
    asked_by text;
    asked_for text;
BEGIN
    PERFORM ledger_take_gate();
    PERFORM set_config('coko.ledger_writing', 'on', true);
    IF NOT (starts_at > '-infinity' AND ends_at > starts_at AND ends_at <= starts_at + interval '31 days 2 hours') THEN
        RAISE EXCEPTION 'ledger: from % to % is no month', starts_at, ends_at USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO gate FROM ledger_gate g WHERE g.entity = entity;
    SELECT state INTO before FROM ledger_period p WHERE p.entity = entity AND p.starts_at = starts_at;
    before := coalesce(before, 'open');
    after_ := CASE
        WHEN event = 'closing' AND before = 'open' THEN 'closing'
        WHEN event = 'closed' AND before = 'closing' THEN 'closed'
        WHEN event = 'withdrawn' AND before = 'closing' THEN 'open'
        WHEN event = 'asked' AND before = 'closed' THEN 'closed'
        WHEN event = 'reopened' AND before = 'closed' THEN 'open'
    END;
    IF after_ IS NULL
    OR (event = 'closing' AND gate.closing_until > '-infinity' AND gate.closing_until <> starts_at)
    OR (event = 'closed' AND EXISTS (
        SELECT FROM ledger_period p WHERE p.entity = entity AND p.starts_at < starts_at AND p.state = 'closing'))
    OR (event IN ('withdrawn', 'asked', 'reopened') AND gate.closing_until <> ends_at) THEN
        RAISE EXCEPTION 'ledger: % % is %: it is not its turn to be %', entity, starts_at, before, event USING ERRCODE = 'LG101',
            DETAIL = json_build_object('state', before, 'closed_until', gate.closed_until, 'closing_until', gate.closing_until)::text;
    ELSIF event = 'closing' AND at < ends_at THEN
        RAISE EXCEPTION 'ledger: % % has not ended', entity, starts_at USING ERRCODE = 'LG102';
    ELSIF event IN ('asked', 'withdrawn') AND trim(reason) = '' THEN
        RAISE EXCEPTION 'ledger: to open % % again takes a reason', entity, starts_at USING ERRCODE = 'LG103';
    ELSIF event = 'reopened' THEN
        SELECT e.event, e.by, e.reason INTO asked_event, asked_by, asked_for FROM ledger_periodevent e WHERE e.entity = entity AND e.starts_at = starts_at ORDER BY id DESC LIMIT 1;
        IF asked_event IS DISTINCT FROM 'asked' OR asked_by = actor THEN
            RAISE EXCEPTION 'ledger: to open % % again, one person asks and another one does it', entity, starts_at
                USING ERRCODE = 'LG104', DETAIL = json_build_object('asked_by', CASE asked_event WHEN 'asked' THEN asked_by END)::text;
        END IF;
        reason := asked_for;
    END IF;

    IF event = 'closed' THEN
        -- Not before what is in it was recorded: an account's time may be a little ahead.
        SELECT greatest(at, max(held.recorded_at)) INTO at
        FROM ledger_accountbalance held JOIN ledger_account account ON account.id = held.account_id
        WHERE account.entity = entity;
    END IF;
    INSERT INTO ledger_periodevent (entity, starts_at, event, by, reason, at)
    VALUES (entity, starts_at, event, actor, reason, at);
    INSERT INTO ledger_period (entity, starts_at, ends_at, state) VALUES (entity, starts_at, ends_at, after_)
    ON CONFLICT ON CONSTRAINT ledger_period_pkey DO UPDATE SET state = excluded.state;
    -- Before the first month that was ever closed, everything is closed with it.
    INSERT INTO ledger_gate (entity, closed_until, closing_until)
    SELECT entity, coalesce(max(p.ends_at) FILTER (WHERE p.state = 'closed'), '-infinity'),
           coalesce(max(p.ends_at) FILTER (WHERE p.state <> 'open'), '-infinity')
    FROM ledger_period p WHERE p.entity = entity
    ON CONFLICT ON CONSTRAINT ledger_gate_pkey DO UPDATE
    SET closed_until = excluded.closed_until, closing_until = excluded.closing_until;
    PERFORM set_config('coko.ledger_writing', 'off', true);
    RETURN after_;
END
$$;


-- From now on nothing is recorded before `until`. Waits for whoever is posting. Never goes back.
CREATE FUNCTION ledger_fence_until(until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM ledger_take_gate();
    PERFORM set_config('coko.ledger_writing', 'on', true);
    IF until > clock_timestamp() + interval '2 days' THEN
        RAISE EXCEPTION 'ledger: % is not over: nothing could be recorded until then', until USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO ledger_fence (id, sealed_until) VALUES (1, until)
    ON CONFLICT (id) DO UPDATE SET sealed_until = greatest(ledger_fence.sealed_until, excluded.sealed_until);
    PERFORM set_config('coko.ledger_writing', 'off', true);
    RETURN (SELECT sealed_until FROM ledger_fence);
END
$$;


-- Stores a day's seal. The days follow each other without a gap, each on the one before.
CREATE FUNCTION ledger_store_seal(day date, entry_count bigint, root bytea, previous bytea, seal bytea, at timestamptz)
RETURNS boolean                     -- false: the day was sealed before, with the same seal
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    last ledger_seal;
    stored ledger_seal;
BEGIN
    PERFORM set_config('coko.ledger_writing', 'on', true);
    PERFORM pg_advisory_xact_lock(ledger_gate_key() + 1);
    SELECT * INTO stored FROM ledger_seal s WHERE s.day = day;
    IF stored.seal = seal THEN
        PERFORM set_config('coko.ledger_writing', 'off', true);
        RETURN false;
    END IF;
    SELECT * INTO last FROM ledger_seal s ORDER BY s.day DESC LIMIT 1;
    IF stored.day IS NOT NULL OR last.day + 1 <> day OR (last.seal IS NOT NULL AND last.seal <> previous) THEN
        RAISE EXCEPTION 'ledger: the seal of % does not follow that of %', day, last.day USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO ledger_seal (day, entry_count, root, previous, seal, sealed_at)
    VALUES (day, entry_count, root, previous, seal, at);
    PERFORM set_config('coko.ledger_writing', 'off', true);
    RETURN true;
END
$$;


-- An account's limits, on its own side: at least `floor_minor`, less the credit granted; at most `ceiling_minor`.
-- What is there already may lie beyond them; it can then only come back. Errors: LG105 no such account, or one in stripes.
CREATE FUNCTION ledger_set_limit(
    entity text, code text, currency text, holder text, floor_minor bigint, ceiling_minor bigint, credit_minor bigint,
    changed_by text, reason text, at timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
AS $$
#variable_conflict use_variable
DECLARE
    found_id bigint;
BEGIN
    PERFORM ledger_require_read_committed();
    IF credit_minor < 0 OR floor_minor::numeric - credit_minor < -9223372036854775808 OR ceiling_minor < floor_minor
    OR trim(changed_by) = '' OR trim(reason) = '' THEN
        RAISE EXCEPTION 'ledger: a credit below zero, a ceiling below the floor, or nobody''s limits without a reason'
            USING ERRCODE = 'LG106';
    END IF;
    PERFORM set_config('coko.ledger_writing', 'on', true);
    PERFORM ledger_open_accounts(entity, ARRAY[code], ARRAY[currency], ARRAY[holder]);
    SELECT id INTO found_id
    FROM ledger_account a
    WHERE a.entity = entity AND a.code = code AND a.currency = currency AND a.holder = holder AND a.stripes = 1;
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'ledger: % % % % has no limits: not in the chart, or kept in stripes', entity, code, currency, holder
            USING ERRCODE = 'LG105';
    END IF;
    UPDATE ledger_accountbalance b
    SET floor_minor = floor_minor, ceiling_minor = ceiling_minor, credit_minor = credit_minor
    WHERE b.account_id = found_id AND b.stripe = 0;
    INSERT INTO ledger_limitchange (account_id, floor_minor, ceiling_minor, credit_minor, changed_by, reason, changed_at)
    VALUES (found_id, floor_minor, ceiling_minor, credit_minor, changed_by, reason, at);
    PERFORM set_config('coko.ledger_writing', 'off', true);
END
$$;
