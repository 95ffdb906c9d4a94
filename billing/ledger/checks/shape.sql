-- every account and balance row is one the functions could have made: number, side, rows, pending amounts, limits
SELECT 'shape', ledger_account_name(id), 'the number is not that of its name'
FROM ledger_account WHERE id <> ledger_account_id(entity, code, currency, holder)

UNION ALL
SELECT 'shape', ledger_account_name(account.id), format('side %s in %s rows, where the chart says %s in %s',
                                                        account.side, account.stripes, chart.side, chart.stripes)
FROM ledger_account account
LEFT JOIN ledger_chartaccount chart ON chart.code = account.code
WHERE (account.side, account.stripes) IS DISTINCT FROM (chart.side, chart.stripes)

UNION ALL
SELECT 'shape', ledger_account_name(held.account_id), 'a pending amount or a credit below zero, a side of its own, or limits on stripes'
FROM ledger_accountbalance held
JOIN ledger_account account ON account.id = held.account_id
WHERE held.pending_debit < 0 OR held.pending_credit < 0 OR held.credit_minor < 0 OR held.side <> account.side
   OR (account.stripes > 1 AND (held.floor_minor IS NOT NULL OR held.ceiling_minor IS NOT NULL OR held.pending_debit <> 0
                                OR held.pending_credit <> 0))
