-- An issued invoice is never edited. Only its state may move on, along states.py, taking its own columns with it.
CREATE FUNCTION invoices_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION invoices_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- A number is the one after the last, or there is none.
CREATE FUNCTION invoices_guard_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.prefix <> OLD.prefix OR NEW.year <> OLD.year OR NEW.last_number <> OLD.last_number + 1 THEN
        RAISE EXCEPTION 'series %-% counts by one', OLD.prefix, OLD.year USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- Checked at commit: an invoice has exactly the lines it was issued with, and they sum to its totals.
CREATE FUNCTION invoices_check_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked text;
    agreed boolean;
BEGIN
    IF TG_TABLE_NAME = 'invoices_invoice' THEN checked := NEW.id; ELSE checked := NEW.invoice_id; END IF;
    SELECT i.item_count > 0 AND (i.item_count, i.net_minor, i.gross_minor)
           = (SELECT count(*), coalesce(sum(l.net_minor), 0), coalesce(sum(l.gross_minor), 0)
              FROM invoices_invoiceitem l WHERE l.invoice_id = i.id)
      INTO agreed FROM invoices_invoice i WHERE i.id = checked;
    IF NOT agreed THEN
        RAISE EXCEPTION 'invoice %: its lines do not make its totals', checked USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Net and taxes of one line make its gross.
CREATE FUNCTION invoices_check_taxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.gross_minor <> NEW.net_minor
       + (SELECT coalesce(sum((tax ->> 'amount_minor')::bigint), 0) FROM jsonb_array_elements(NEW.tax_lines) AS tax) THEN
        RAISE EXCEPTION 'item %: net and taxes do not make its gross', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoice_only_moves_on BEFORE UPDATE ON invoices_invoice
    FOR EACH ROW EXECUTE FUNCTION invoices_guard_invoice();
CREATE TRIGGER invoice_never_deleted BEFORE DELETE ON invoices_invoice
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER invoice_never_truncated BEFORE TRUNCATE ON invoices_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
CREATE CONSTRAINT TRIGGER invoice_has_its_lines AFTER INSERT ON invoices_invoice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION invoices_check_lines();

CREATE TRIGGER item_taxes_sum BEFORE INSERT ON invoices_invoiceitem
    FOR EACH ROW EXECUTE FUNCTION invoices_check_taxes();
CREATE TRIGGER item_append_only BEFORE UPDATE OR DELETE ON invoices_invoiceitem
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER item_never_truncated BEFORE TRUNCATE ON invoices_invoiceitem
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
CREATE CONSTRAINT TRIGGER item_belongs_to_the_total AFTER INSERT ON invoices_invoiceitem DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION invoices_check_lines();

CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON invoices_invoicedocument
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER document_never_truncated BEFORE TRUNCATE ON invoices_invoicedocument
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();

CREATE TRIGGER series_counts_by_one BEFORE UPDATE ON invoices_invoiceseries
    FOR EACH ROW EXECUTE FUNCTION invoices_guard_series();
CREATE TRIGGER series_never_deleted BEFORE DELETE ON invoices_invoiceseries
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER series_never_truncated BEFORE TRUNCATE ON invoices_invoiceseries
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
