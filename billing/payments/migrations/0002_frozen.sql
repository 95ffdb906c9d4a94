-- The provider's platform an attempt was sent to is part of what was asked.
CREATE OR REPLACE FUNCTION payments_keep_the_promise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'payments: % refused, attempts are kept for ever', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.invoice_ref, NEW.owner_ref, NEW.provider, NEW.market, NEW.entity, NEW.currency, NEW.amount_minor,
        NEW.started_at, NEW.platform)
       IS DISTINCT FROM
       (OLD.id, OLD.invoice_ref, OLD.owner_ref, OLD.provider, OLD.market, OLD.entity, OLD.currency, OLD.amount_minor,
        OLD.started_at, OLD.platform) THEN
        RAISE EXCEPTION 'payments: what was asked by % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.entry_ref <> '' AND (NEW.entry_ref, NEW.booked_as, NEW.settled_at, NEW.state)
                               IS DISTINCT FROM (OLD.entry_ref, OLD.booked_as, OLD.settled_at, OLD.state) THEN
        RAISE EXCEPTION 'payments: the money of % is booked', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
