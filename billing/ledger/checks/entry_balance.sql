-- each entry sums to zero in each currency
SELECT ledger_entry_ref(line.entry_id), format('is off by %s %s', sum(line.amount_minor), account.currency)
FROM ledger_posting line
LEFT JOIN ledger_account account ON account.id = line.account_id
GROUP BY line.entry_id, account.currency
HAVING sum(line.amount_minor) <> 0
