DROP TRIGGER part_never_truncated ON invoices_invoicepart;
DROP TRIGGER part_append_only ON invoices_invoicepart;
DROP TRIGGER invoice_parts_sum ON invoices_invoice;
DROP TRIGGER part_belongs_to_the_sum ON invoices_invoicepart;
DROP FUNCTION invoices_check_parts();
CREATE OR REPLACE FUNCTION invoices_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable CONSTANT text[] := ARRAY[
        'state', 'paid_at', 'payment_ref', 'provider', 'transaction_ref', 'fee_minor', 'voided_at', 'void_reason'];
BEGIN
    IF to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'invoice % is issued: what is printed never changes', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'open' OR NEW.state NOT IN ('paid', 'void') THEN
        RAISE EXCEPTION 'invoice %: % may not follow %', OLD.number, NEW.state, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
