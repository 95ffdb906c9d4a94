-- no reversal takes back more than there was, account by account, and each is the other way round
SELECT 'reversal', ledger_entry_ref(reversing_id),
       format('takes back %s of %s that %s had as %s', coalesce(taken.amount, 0), ledger_account_name(account_id),
              ledger_entry_ref(reversed_id), coalesce(there.amount, 0))
FROM (
    SELECT link.reversing_id, link.reversed_id, line.account_id, sum(line.amount_minor) AS amount
    FROM ledger_reversal link LEFT JOIN ledger_posting line ON line.entry_id = link.reversing_id
    GROUP BY 1, 2, 3
) AS taken
LEFT JOIN (
    SELECT link.reversed_id, line.account_id, sum(line.amount_minor) AS amount
    FROM ledger_reversal link JOIN ledger_posting line ON line.entry_id = link.reversed_id
    GROUP BY 1, 2
) AS there USING (reversed_id, account_id)
WHERE there.amount IS NULL OR sign(taken.amount) <> -sign(there.amount) OR abs(taken.amount) > abs(there.amount)
