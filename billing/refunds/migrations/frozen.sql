-- What was granted never changes, money that was booked stays booked, and no refund disappears.
CREATE FUNCTION refunds_keep_the_promise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'refunds: % refused, refunds are kept for ever', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.payment_ref, NEW.invoice_ref, NEW.owner_ref, NEW.booked_as, NEW.entity, NEW.provider, NEW.market, NEW.platform,
        NEW.currency, NEW.amount_minor, NEW.net_minor, NEW.tax_minor, NEW.fee_back_minor, NEW.way, NEW.reason, NEW.requested_by,
        NEW.requested_at, NEW.granted_entry_ref)
       IS DISTINCT FROM
       (OLD.id, OLD.payment_ref, OLD.invoice_ref, OLD.owner_ref, OLD.booked_as, OLD.entity, OLD.provider, OLD.market, OLD.platform,
        OLD.currency, OLD.amount_minor, OLD.net_minor, OLD.tax_minor, OLD.fee_back_minor, OLD.way, OLD.reason, OLD.requested_by,
        OLD.requested_at, OLD.granted_entry_ref) THEN
        RAISE EXCEPTION 'refunds: what was granted as % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.settled_at IS NOT NULL AND (NEW.settled_at, NEW.sent_entry_ref, NEW.state)
                                      IS DISTINCT FROM (OLD.settled_at, OLD.sent_entry_ref, OLD.state) THEN
        RAISE EXCEPTION 'refunds: % has been given back', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refunds_refund_kept BEFORE UPDATE OR DELETE ON refunds_refund
    FOR EACH ROW EXECUTE FUNCTION refunds_keep_the_promise();
CREATE TRIGGER refunds_refund_not_truncated BEFORE TRUNCATE ON refunds_refund
    FOR EACH STATEMENT EXECUTE FUNCTION refunds_keep_the_promise();

CREATE FUNCTION refunds_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refunds: % on % refused, it is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER refunds_event_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON refunds_refundevent
    FOR EACH STATEMENT EXECUTE FUNCTION refunds_refuse_change();
