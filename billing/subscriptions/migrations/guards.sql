-- What the first k of `days` days of a total are worth: rounded once, half away from zero (proration.through).
CREATE FUNCTION subscriptions_through(total bigint, days integer, k integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (sign(total) * div(2 * abs(total::numeric) * k + days, 2 * days::numeric))::bigint
$$;

CREATE FUNCTION subscriptions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'subscriptions: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- What a plan is does not change under those who have it.
CREATE FUNCTION subscriptions_guard_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'is_offered' <> to_jsonb(OLD) - 'is_offered' THEN
        RAISE EXCEPTION 'plan % does not change: add another', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION subscriptions_guard_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.valid_to IS NOT NULL OR to_jsonb(NEW) - 'valid_to' <> to_jsonb(OLD) - 'valid_to' THEN
        RAISE EXCEPTION 'rule % is dated: add a row instead', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- What was charged stays; only its days may move (nobody pays for days he could not read), and its state, once.
CREATE FUNCTION subscriptions_guard_charge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable CONSTANT text[] := ARRAY['state', 'settled_at', 'entry_ref', 'starts_on', 'ends_on'];
BEGIN
    IF to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable OR NEW.ends_on - NEW.starts_on <> OLD.ends_on - OLD.starts_on
       OR NEW.starts_on < OLD.starts_on OR (OLD.state <> 'open' AND NEW.state <> OLD.state)
       OR (OLD.entry_ref <> '' AND NEW.entry_ref <> OLD.entry_ref) THEN
        RAISE EXCEPTION 'charge % was issued', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- Income goes one way: a day that was booked stays booked, and what a line is worth never changes.
CREATE FUNCTION subscriptions_guard_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.item_ref, NEW.charge_id, NEW.entity, NEW.currency, NEW.net_minor, NEW.ends_on - NEW.starts_on)
       IS DISTINCT FROM (OLD.item_ref, OLD.charge_id, OLD.entity, OLD.currency, OLD.net_minor, OLD.ends_on - OLD.starts_on)
       OR NEW.recognised_days < OLD.recognised_days THEN
        RAISE EXCEPTION 'schedule of % is fixed', OLD.item_ref USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER plan_fixed BEFORE UPDATE ON subscriptions_plan
    FOR EACH ROW EXECUTE FUNCTION subscriptions_guard_plan();
CREATE TRIGGER rule_only_closes BEFORE UPDATE ON subscriptions_collectionrule
    FOR EACH ROW EXECUTE FUNCTION subscriptions_guard_rule();
CREATE TRIGGER charge_only_settles BEFORE UPDATE ON subscriptions_periodcharge
    FOR EACH ROW EXECUTE FUNCTION subscriptions_guard_charge();
CREATE TRIGGER schedule_only_advances BEFORE UPDATE ON subscriptions_revenueschedule
    FOR EACH ROW EXECUTE FUNCTION subscriptions_guard_schedule();
CREATE TRIGGER event_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON subscriptions_subscriptionevent
    FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_refuse();
CREATE TRIGGER rule_never_deleted BEFORE DELETE OR TRUNCATE ON subscriptions_collectionrule
    FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_refuse();
CREATE TRIGGER charge_never_deleted BEFORE DELETE OR TRUNCATE ON subscriptions_periodcharge
    FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_refuse();
CREATE TRIGGER schedule_never_deleted BEFORE DELETE OR TRUNCATE ON subscriptions_revenueschedule
    FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_refuse();
CREATE TRIGGER subscription_never_deleted BEFORE DELETE OR TRUNCATE ON subscriptions_recurringbilling
    FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_refuse();
