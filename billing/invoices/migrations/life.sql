-- A draft is complete and waits for its number; issued, nothing printed changes, and the state moves along states.py.
CREATE OR REPLACE FUNCTION invoices_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY[
        'state', 'paid_at', 'payment_ref', 'provider', 'transaction_ref', 'fee_minor', 'received_minor', 'voided_at',
        'void_reason'];
BEGIN
    IF OLD.state = 'draft' AND NEW.state = 'open' THEN
        movable := movable || ARRAY['number', 'opened_at'];
    END IF;
    IF to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'invoice % is issued: what is printed never changes', coalesce(OLD.number, OLD.id)
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('draft', 'open'), ('draft', 'void'),
        ('open', 'partly_paid'), ('open', 'paid'), ('open', 'void'), ('open', 'uncollectible'),
        ('partly_paid', 'partly_paid'), ('partly_paid', 'paid'), ('partly_paid', 'uncollectible'),
        ('uncollectible', 'partly_paid'), ('uncollectible', 'paid'))
       OR NEW.received_minor < OLD.received_minor THEN
        RAISE EXCEPTION 'invoice %: % may not follow %', coalesce(OLD.number, OLD.id), NEW.state, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- Checked at commit: what an invoice says was received is the sum of its parts.
CREATE FUNCTION invoices_check_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked text;
    agreed boolean;
BEGIN
    IF TG_TABLE_NAME = 'invoices_invoice' THEN checked := NEW.id; ELSE checked := NEW.invoice_id; END IF;
    SELECT i.received_minor = (SELECT coalesce(sum(p.amount_minor), 0) FROM invoices_invoicepart p WHERE p.invoice_id = i.id)
      INTO agreed FROM invoices_invoice i WHERE i.id = checked;
    IF NOT agreed THEN
        RAISE EXCEPTION 'invoice %: its parts do not make what was received', checked USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER part_belongs_to_the_sum AFTER INSERT ON invoices_invoicepart DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION invoices_check_parts();
CREATE CONSTRAINT TRIGGER invoice_parts_sum AFTER UPDATE ON invoices_invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.received_minor <> OLD.received_minor) EXECUTE FUNCTION invoices_check_parts();
CREATE TRIGGER part_append_only BEFORE UPDATE OR DELETE ON invoices_invoicepart
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER part_never_truncated BEFORE TRUNCATE ON invoices_invoicepart
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
