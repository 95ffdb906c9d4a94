-- What was proposed never changes, what was made of it is said once, and no decision disappears.
CREATE FUNCTION payments_keep_the_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'payments: % refused, decisions are kept for ever', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'proposed'
       OR (NEW.id, NEW.payment_id, NEW.provider, NEW.market, NEW.was_paid, NEW.proof, NEW.reason, NEW.proposed_by, NEW.proposed_at)
          IS DISTINCT FROM
          (OLD.id, OLD.payment_id, OLD.provider, OLD.market, OLD.was_paid, OLD.proof, OLD.reason, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'payments: what % says is kept', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_decision_kept BEFORE UPDATE OR DELETE ON payments_paymentdecision
    FOR EACH ROW EXECUTE FUNCTION payments_keep_the_decision();
CREATE TRIGGER payments_decision_not_truncated BEFORE TRUNCATE ON payments_paymentdecision
    FOR EACH STATEMENT EXECUTE FUNCTION payments_keep_the_decision();
