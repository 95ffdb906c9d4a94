-- what is pending is the sum of the open holds; a hold says what it said, is open or has ended, and was settled by its entry
SELECT 'hold', ledger_account_name(account_id),
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
SELECT 'hold', coalesce(held.key, still.hold_id::text, ended.hold_id::text),
       CASE WHEN held.id IS NULL THEN 'counts or has ended without being there'
            WHEN still.hold_id IS NULL AND ended.hold_id IS NULL THEN 'the hold neither counts nor has ended'
            WHEN still.hold_id IS NOT NULL AND ended.hold_id IS NOT NULL THEN 'the hold counts although it has ended'
            ELSE format('the hold expires at %s, it is swept at %s', held.expires_at, still.expires_at) END
FROM ledger_hold held
FULL JOIN ledger_openhold still ON still.hold_id = held.id
FULL JOIN ledger_holdend ended ON ended.hold_id = coalesce(held.id, still.hold_id)
WHERE held.id IS NULL OR (still.hold_id IS NULL) = (ended.hold_id IS NULL)
   OR (still.hold_id IS NOT NULL AND still.expires_at IS DISTINCT FROM held.expires_at)

UNION ALL
-- The fingerprint covers the lines, so whoever changes one shows; that they balance was looked at before it was made.
SELECT 'hold', held.key, CASE WHEN lines.content IS NULL THEN 'the hold has no lines'
                              ELSE 'the content of the hold is not what its fingerprint was made of' END
FROM ledger_hold held
LEFT JOIN (
    SELECT line.hold_id,
           '[' || string_agg(json_build_array(account.code, account.currency, account.holder, line.amount_minor)::text, ','
                  ORDER BY account.currency, account.code, account.holder, line.amount_minor) || ']' AS content
    FROM ledger_holdline line
    JOIN ledger_account account ON account.id = line.account_id
    GROUP BY line.hold_id
) AS lines ON lines.hold_id = held.id
WHERE lines.content IS NULL OR held.fingerprint <> ledger_fingerprint(
    held.key, held.entity, held.journal, held.description, held.source_ref, held.expires_at, lines.content)

UNION ALL
-- Never more than was promised, account by account; `posted` is all of it.
SELECT 'hold', held.key, format('%s by %s, which gives %s of %s that were promised', ended.outcome, coalesce(ledger_entry_ref(ended.entry_id), 'no entry'),
                                coalesce(given.amount, 0), promised.amount)
FROM ledger_holdend ended
JOIN ledger_hold held ON held.id = ended.hold_id
JOIN (
    SELECT hold_id, sum(abs(amount_minor)) AS amount FROM ledger_holdline GROUP BY hold_id
) AS promised ON promised.hold_id = ended.hold_id
LEFT JOIN (
    SELECT end_.hold_id, sum(line.moved) AS amount,
           bool_and(promise.amount IS NOT NULL AND sign(promise.amount) = sign(line.amount_minor) AND abs(promise.amount) >= abs(line.amount_minor)) AS is_within
    FROM ledger_holdend end_
    JOIN (
        SELECT entry_id, account_id, sum(amount_minor) AS amount_minor, sum(abs(amount_minor)) AS moved
        FROM ledger_posting WHERE entry_id IN (SELECT entry_id FROM ledger_holdend) GROUP BY entry_id, account_id
    ) AS line ON line.entry_id = end_.entry_id
    LEFT JOIN (
        SELECT hold_id, account_id, sum(amount_minor) AS amount FROM ledger_holdline GROUP BY hold_id, account_id
    ) AS promise ON promise.hold_id = end_.hold_id AND promise.account_id = line.account_id
    GROUP BY end_.hold_id
) AS given ON given.hold_id = ended.hold_id
WHERE ended.outcome IN ('posted', 'partly')
  AND (given.amount IS NULL OR NOT given.is_within OR (ended.outcome = 'posted') <> (given.amount = promised.amount))
