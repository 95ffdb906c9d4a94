-- an invoice paid at once has one captured payment, the one it names, of its sum; a captured payment has a paid invoice
-- (one paid in parts has none: its parts are bank transfers)
SELECT found.rule, found.subject, found.message
FROM invoices_invoice invoice
FULL JOIN (
    SELECT invoice_ref, string_agg(id, ', ' ORDER BY id) FILTER (WHERE state = 'succeeded') AS succeeded,
           min(id) AS payment_ref, sum(amount_minor) AS amount_minor, min(entity) AS entity,
           min(currency) AS currency, max(currency) AS last_currency
    FROM payments_paymenttransaction WHERE booked_as = 'captured' GROUP BY invoice_ref
) AS captured ON captured.invoice_ref = invoice.id
CROSS JOIN LATERAL (VALUES
    ('invoice_payment', invoice.id, CASE
        WHEN invoice.state = 'paid' AND invoice.received_minor = 0 AND captured.succeeded IS DISTINCT FROM invoice.payment_ref
        THEN format('invoice %s says %s, captured are %s',
                    invoice.number, invoice.payment_ref, coalesce(captured.succeeded, 'none')) END),
    ('payment_invoice', captured.payment_ref, CASE
        WHEN captured.payment_ref IS NULL THEN NULL
        WHEN invoice.id IS NULL THEN format('captured, but there is no invoice %s', captured.invoice_ref)
        WHEN invoice.state <> 'paid' THEN format('captured, but invoice %s is %s', invoice.number, invoice.state)
        WHEN (captured.amount_minor, captured.currency, captured.last_currency, captured.entity)
             IS DISTINCT FROM (invoice.gross_minor, invoice.currency, invoice.currency, invoice.entity)
        THEN format('captured %s %s for %s, invoice %s is %s %s of %s', captured.amount_minor, captured.currency, captured.entity,
                    invoice.number, invoice.gross_minor, invoice.currency, invoice.entity) END)
) AS found (rule, subject, message)
WHERE found.message IS NOT NULL
  -- Whatever is well is let go first: a VALUES list is prepared row by row.
  AND NOT ((invoice.state <> 'paid' OR invoice.received_minor > 0) AND captured.payment_ref IS NULL)
  AND (invoice.state = 'paid', invoice.payment_ref, invoice.gross_minor, invoice.currency, invoice.currency, invoice.entity)
      IS DISTINCT FROM (captured.succeeded IS NOT NULL, captured.succeeded, captured.amount_minor, captured.currency,
                        captured.last_currency, captured.entity)
