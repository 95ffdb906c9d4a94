-- each balance row's balance and version are the sum and the number of its postings, each account has all its rows
SELECT ledger_account_name(account_id),
       format('row %s says %s after %s postings, the postings say %s after %s',
              stripe, held.balance, held.version, told.balance, told.version)
FROM ledger_accountbalance held
FULL JOIN (
    SELECT account_id, stripe, sum(balance) AS balance, sum(version) AS version
    FROM (
        SELECT account_id, stripe, sum(amount_minor) AS balance, count(*) AS version
        FROM ledger_posting GROUP BY account_id, stripe
        UNION ALL
        SELECT id, stripe, 0, 0 FROM ledger_account CROSS JOIN generate_series(0, stripes - 1) AS stripe
    ) AS counted
    GROUP BY account_id, stripe
) AS told USING (account_id, stripe)
WHERE (held.balance, held.version) IS DISTINCT FROM (told.balance, told.version)
