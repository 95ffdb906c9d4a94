-- every row is one the functions could have written: numbers of accounts, journals, times, amounts, limits
SELECT ledger_account_name(id), 'the number is not that of its name'
FROM ledger_account WHERE id <> ledger_account_id(entity, code, currency, holder)

UNION ALL
SELECT ledger_account_name(account.id), format('side %s in %s rows, where the chart says %s in %s',
                                               account.side, account.stripes, chart.side, chart.stripes)
FROM ledger_account account
LEFT JOIN ledger_chartaccount chart ON chart.code = account.code
WHERE (account.side, account.stripes) IS DISTINCT FROM (chart.side, chart.stripes)

UNION ALL
SELECT ledger_account_name(held.account_id), 'a pending amount or a credit below zero, a side of its own, or limits on stripes'
FROM ledger_accountbalance held
JOIN ledger_account account ON account.id = held.account_id
WHERE held.pending_debit < 0 OR held.pending_credit < 0 OR held.credit_minor < 0 OR held.side <> account.side
   OR (account.stripes > 1 AND (held.floor_minor IS NOT NULL OR held.ceiling_minor IS NOT NULL OR held.pending_debit <> 0
                                OR held.pending_credit <> 0))

UNION ALL
SELECT ledger_entry_ref(id), format('in journal %s, happened at %s, recorded at %s', journal, happened_at, recorded_at)
FROM ledger_journalentry
WHERE journal NOT IN ('VT', 'BQ', 'RD', 'OD') OR happened_at > recorded_at OR late_from >= happened_at OR key = ''

UNION ALL
SELECT ledger_entry_ref(line.entry_id), format('a line of %s recorded at %s, its entry at %s',
                                               line.amount_minor, line.recorded_at, entry.recorded_at)
FROM ledger_posting line
JOIN ledger_journalentry entry ON entry.id = line.entry_id
WHERE line.amount_minor = 0 OR line.recorded_at > entry.recorded_at
