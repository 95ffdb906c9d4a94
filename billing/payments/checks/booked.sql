-- each payment whose money was booked, with what its invoice says, in order of its entry
SELECT payment.id, payment.entry_ref, payment.entity, payment.provider, payment.market, payment.currency,
       payment.amount_minor, payment.fee_minor, payment.settled_at, payment.booked_as,
       coalesce(invoice.gross_minor, 0), coalesce(invoice.net_minor, 0), coalesce(invoice.tax_minor, 0)
FROM payments_paymenttransaction payment
LEFT JOIN invoices_invoice invoice ON invoice.id = payment.invoice_ref
WHERE payment.entry_ref <> ''
ORDER BY payment.entry_ref COLLATE "C", payment.id
