-- the postings of an account count 1, 2, 3 … and each balance follows from the one before
SELECT ledger_account_name(account_id),
       format('posting %s after %s: a balance of %s, where %s and a line of %s were expected',
              account_version, version_before, balance_after, balance_before, amount_minor)
FROM (
    SELECT account_id, account_version, amount_minor, balance_after,
           lag(account_version, 1, 0::bigint) OVER so_far AS version_before,
           lag(balance_after, 1, 0::bigint) OVER so_far AS balance_before
    FROM ledger_posting
    WINDOW so_far AS (PARTITION BY account_id ORDER BY account_version)
) AS line
WHERE account_version <> version_before + 1
   OR balance_after::numeric <> balance_before::numeric + amount_minor
