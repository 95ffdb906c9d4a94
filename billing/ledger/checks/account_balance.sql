-- each balance row is the sum, the number and the last moment of its postings; each account has all its rows
SELECT 'account_balance', ledger_account_name(account_id),
       format('row %s says %s after %s postings until %s, the postings say %s after %s until %s', stripe,
              held.balance, held.version, held.recorded_at, told.balance, told.version, told.recorded_at)
FROM ledger_accountbalance held
FULL JOIN (
    SELECT account_id, stripe, sum(balance) AS balance, sum(version) AS version, max(recorded_at) AS recorded_at
    FROM (
        SELECT account_id, stripe, sum(amount_minor) AS balance, count(*) AS version, max(recorded_at) AS recorded_at
        FROM ledger_posting GROUP BY account_id, stripe
        UNION ALL
        SELECT id, stripe, 0, 0, '-infinity' FROM ledger_account CROSS JOIN generate_series(0, stripes - 1) AS stripe
    ) AS counted
    GROUP BY account_id, stripe
) AS told USING (account_id, stripe)
WHERE (held.balance, held.version, held.recorded_at) IS DISTINCT FROM (told.balance, told.version, told.recorded_at)
