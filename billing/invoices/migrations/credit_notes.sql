-- Credit notes of one invoice wait for each other and together never take back more than it says, net or tax.
CREATE FUNCTION invoices_check_credit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    issued record;
    before record;
BEGIN
    SELECT state, number, net_minor, tax_minor INTO issued FROM invoices_invoice WHERE id = NEW.invoice_id FOR UPDATE;
    SELECT coalesce(sum(net_minor), 0) AS net, coalesce(sum(tax_minor), 0) AS tax
      INTO before FROM invoices_creditnote WHERE invoice_id = NEW.invoice_id;
    IF before.net + NEW.net_minor > issued.net_minor OR before.tax + NEW.tax_minor > issued.tax_minor THEN
        RAISE EXCEPTION 'credit notes of invoice % would take back more than it says', issued.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Checked at commit: a credit note is the sum of its lines, each line net and taxes, none more than was invoiced.
CREATE FUNCTION invoices_check_credit_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked text;
    agreed boolean;
BEGIN
    IF TG_TABLE_NAME = 'invoices_creditnote' THEN checked := NEW.id; ELSE checked := NEW.note_id; END IF;
    SELECT (n.net_minor, n.gross_minor) = (SELECT coalesce(sum(l.net_minor), 0), coalesce(sum(l.gross_minor), 0)
                                           FROM invoices_creditnoteitem l WHERE l.note_id = n.id)
       AND NOT EXISTS (
           SELECT FROM invoices_creditnoteitem l JOIN invoices_invoiceitem i ON i.id = l.item_id
           WHERE l.note_id = n.id AND (
               i.invoice_id <> n.invoice_id
               OR l.gross_minor <> l.net_minor + (SELECT coalesce(sum((tax ->> 'amount_minor')::bigint), 0)
                                                  FROM jsonb_array_elements(l.tax_lines) AS tax)
               OR i.net_minor < (SELECT sum(o.net_minor) FROM invoices_creditnoteitem o WHERE o.item_id = i.id)
               OR i.gross_minor < (SELECT sum(o.gross_minor) FROM invoices_creditnoteitem o WHERE o.item_id = i.id)))
      INTO agreed FROM invoices_creditnote n WHERE n.id = checked;
    IF NOT agreed THEN
        RAISE EXCEPTION 'credit note %: its lines do not make its totals', checked USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER credit_within_invoice BEFORE INSERT ON invoices_creditnote
    FOR EACH ROW EXECUTE FUNCTION invoices_check_credit();
CREATE CONSTRAINT TRIGGER credit_has_its_lines AFTER INSERT ON invoices_creditnote DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION invoices_check_credit_lines();
CREATE CONSTRAINT TRIGGER credit_line_belongs_to_the_total AFTER INSERT ON invoices_creditnoteitem
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoices_check_credit_lines();
CREATE TRIGGER credit_append_only BEFORE UPDATE OR DELETE ON invoices_creditnote
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER credit_never_truncated BEFORE TRUNCATE ON invoices_creditnote
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER credit_line_append_only BEFORE UPDATE OR DELETE ON invoices_creditnoteitem
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER credit_line_never_truncated BEFORE TRUNCATE ON invoices_creditnoteitem
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER credit_document_append_only BEFORE UPDATE OR DELETE ON invoices_creditnotedocument
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse();
CREATE TRIGGER credit_document_never_truncated BEFORE TRUNCATE ON invoices_creditnotedocument
    FOR EACH STATEMENT EXECUTE FUNCTION invoices_refuse();
