-- what is pending on each account is the sum of its open holds, and a hold is open or has ended
SELECT ledger_account_name(account_id),
       format('the balance row has %s and %s pending, its open holds %s and %s',
              held.pending_debit, held.pending_credit, coalesce(promised.debit, 0), coalesce(promised.credit, 0))
FROM ledger_accountbalance held
FULL JOIN (
    SELECT line.account_id, sum(greatest(line.amount_minor, 0)) AS debit, sum(greatest(-line.amount_minor, 0)) AS credit
    FROM ledger_openhold still
    JOIN ledger_holdline line ON line.hold_id = still.hold_id
    JOIN ledger_account account ON account.id = line.account_id AND account.stripes = 1
    GROUP BY line.account_id
) AS promised USING (account_id)
WHERE (coalesce(held.pending_debit, -1), coalesce(held.pending_credit, -1))
      IS DISTINCT FROM (coalesce(promised.debit, 0), coalesce(promised.credit, 0))

UNION ALL
SELECT held.key, CASE WHEN still.hold_id IS NULL THEN 'the hold neither counts nor has ended'
                      ELSE 'the hold counts although it has ended' END
FROM ledger_hold held
LEFT JOIN ledger_openhold still ON still.hold_id = held.id
LEFT JOIN ledger_holdend ended ON ended.hold_id = held.id
WHERE (still.hold_id IS NULL) = (ended.hold_id IS NULL)

UNION ALL
SELECT held.key, format('the hold is off by %s %s', sum(line.amount_minor), account.currency)
FROM ledger_hold held
JOIN ledger_holdline line ON line.hold_id = held.id
JOIN ledger_account account ON account.id = line.account_id
GROUP BY held.key, account.currency
HAVING sum(line.amount_minor) <> 0
