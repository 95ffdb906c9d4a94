-- the postings of a balance row count 1, 2, 3 …, their time never goes back, and each balance follows from the one before
SELECT 'running_balance', ledger_account_name(account_id),
       format('row %s, posting %s after %s at %s: a balance of %s, where %s and a line of %s were expected',
              stripe, account_version, version_before, recorded_at, balance_after, balance_before, amount_minor)
FROM (
    SELECT account_id, stripe, account_version, amount_minor, balance_after, recorded_at,
           lag(account_version, 1, 0::bigint) OVER so_far AS version_before,
           lag(balance_after, 1, 0::bigint) OVER so_far AS balance_before
    FROM ledger_posting
    WINDOW so_far AS (PARTITION BY account_id, stripe ORDER BY recorded_at, account_version)
) AS line
WHERE account_version <> version_before + 1
   OR balance_after::numeric <> balance_before::numeric + amount_minor
