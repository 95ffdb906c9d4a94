-- What was approved never changes, money that was booked stays booked, and no payout disappears.
CREATE FUNCTION payouts_keep_the_promise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'payouts: % refused, payouts are kept for ever', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.batch_id, NEW.key, NEW.part, NEW.part_count, NEW.entity, NEW.account_code, NEW.account_holder, NEW.currency,
        NEW.amount_minor, NEW.provider, NEW.market, NEW.platform, NEW.payee_name, NEW.payee_phone_index, NEW.source_ref, NEW.prepared_at)
       IS DISTINCT FROM
       (OLD.id, OLD.batch_id, OLD.key, OLD.part, OLD.part_count, OLD.entity, OLD.account_code, OLD.account_holder, OLD.currency,
        OLD.amount_minor, OLD.provider, OLD.market, OLD.platform, OLD.payee_name, OLD.payee_phone_index, OLD.source_ref, OLD.prepared_at) THEN
        RAISE EXCEPTION 'payouts: what was prepared as % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.entry_ref <> '' AND (NEW.entry_ref, NEW.settled_at) IS DISTINCT FROM (OLD.entry_ref, OLD.settled_at)
       OR OLD.hold_ref <> '' AND NEW.hold_ref <> OLD.hold_ref THEN
        RAISE EXCEPTION 'payouts: the money of % is booked', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payouts_payout_kept BEFORE UPDATE OR DELETE ON payouts_payout
    FOR EACH ROW EXECUTE FUNCTION payouts_keep_the_promise();
CREATE TRIGGER payouts_payout_not_truncated BEFORE TRUNCATE ON payouts_payout
    FOR EACH STATEMENT EXECUTE FUNCTION payouts_keep_the_promise();

-- A batch is decided about once.
CREATE FUNCTION payouts_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.state <> 'prepared'
       OR (NEW.id, NEW.title, NEW.prepared_by, NEW.prepared_at) IS DISTINCT FROM (OLD.id, OLD.title, OLD.prepared_by, OLD.prepared_at) THEN
        RAISE EXCEPTION 'payouts: % of batch % refused, it is decided about once', TG_OP, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payouts_batch_kept BEFORE UPDATE OR DELETE ON payouts_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION payouts_decided_once();

CREATE FUNCTION payouts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'payouts: % on % refused, it is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER payouts_event_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON payouts_payoutevent
    FOR EACH STATEMENT EXECUTE FUNCTION payouts_refuse_change();
