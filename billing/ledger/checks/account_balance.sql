-- each account's balance and version are the sum and the number of its postings
SELECT ledger_account_name(account_id),
       format('the balance row says %s after %s postings, the postings say %s after %s',
              held.balance, held.version, told.balance, told.version)
FROM ledger_accountbalance held
FULL JOIN (
    SELECT account.id AS account_id, coalesce(sum(line.amount_minor), 0) AS balance, count(line.account_id) AS version
    FROM ledger_account account
    LEFT JOIN ledger_posting line ON line.account_id = account.id
    GROUP BY account.id
) AS told USING (account_id)
WHERE (held.balance, held.version) IS DISTINCT FROM (told.balance, told.version)
