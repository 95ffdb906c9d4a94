-- each reversal is the mirror image of the entry it takes back
SELECT ledger_entry_ref(reversing_id),
       format('does not mirror %s: %s is off by %s', ledger_entry_ref(reversed_id),
              ledger_account_name(account_id), sum(amount_minor))
FROM (
    SELECT link.reversing_id, link.reversed_id, line.account_id, line.amount_minor
    FROM ledger_reversal link LEFT JOIN ledger_posting line ON line.entry_id = link.reversing_id
    UNION ALL
    SELECT link.reversing_id, link.reversed_id, line.account_id, line.amount_minor
    FROM ledger_reversal link LEFT JOIN ledger_posting line ON line.entry_id = link.reversed_id
) AS both_entries
GROUP BY reversing_id, reversed_id, account_id
HAVING sum(amount_minor) IS DISTINCT FROM 0
