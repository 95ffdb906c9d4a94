-- each account has the limits it was last given, with a name and a reason; or the chart's, when nobody gave it any
SELECT 'limit', ledger_account_name(held.account_id),
       format('floor %s, ceiling %s, credit %s; %s gave it %s, %s and %s', held.floor_minor, held.ceiling_minor, held.credit_minor,
              CASE WHEN given.account_id IS NULL THEN 'the chart' ELSE coalesce(nullif(given.changed_by, ''), 'nobody') END,
              CASE WHEN given.account_id IS NULL THEN chart.floor_minor ELSE given.floor_minor END,
              given.ceiling_minor, coalesce(given.credit_minor, 0))
FROM ledger_accountbalance held
JOIN ledger_account account ON account.id = held.account_id AND account.stripes = 1
LEFT JOIN ledger_chartaccount chart ON chart.code = account.code
LEFT JOIN (
    SELECT DISTINCT ON (account_id) * FROM ledger_limitchange ORDER BY account_id, id DESC
) AS given ON given.account_id = held.account_id
WHERE (held.floor_minor, held.ceiling_minor, held.credit_minor) IS DISTINCT FROM
      (CASE WHEN given.account_id IS NULL THEN chart.floor_minor ELSE given.floor_minor END, given.ceiling_minor, coalesce(given.credit_minor, 0))

UNION ALL
SELECT 'limit', ledger_account_name(account_id),
       format('floor %s, ceiling %s, credit %s by %s are no limits', floor_minor, ceiling_minor, credit_minor, coalesce(nullif(changed_by, ''), 'nobody'))
FROM ledger_limitchange
WHERE trim(changed_by) = '' OR trim(reason) = '' OR credit_minor < 0 OR ceiling_minor < floor_minor
