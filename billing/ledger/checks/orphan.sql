-- no posting stands without its entry and account, no entry without its lines and its idempotency key, or the reverse
SELECT ledger_entry_ref(line.entry_id),
       format('a posting of %s stands without %s', line.amount_minor,
              CASE WHEN entry.id IS NULL THEN 'its entry' ELSE format('its account (%s)', line.account_id) END)
FROM ledger_posting line
LEFT JOIN ledger_journalentry entry ON entry.id = line.entry_id
LEFT JOIN ledger_account account ON account.id = line.account_id
WHERE entry.id IS NULL OR account.id IS NULL

UNION ALL
SELECT ledger_entry_ref(entry.id), 'the entry has no lines'
FROM ledger_journalentry entry
LEFT JOIN (SELECT DISTINCT entry_id FROM ledger_posting) AS line ON line.entry_id = entry.id
WHERE line.entry_id IS NULL

UNION ALL
SELECT ledger_entry_ref(coalesce(entry.id, held.entry_id)),
       CASE WHEN entry.id IS NULL THEN format('the key %s has no entry', held.key)
            WHEN held.entry_id IS NULL THEN 'the entry has no key'
            ELSE format('the entry says its key is %s, the key %s says it is its own', entry.key, held.key) END
FROM ledger_journalentry entry
FULL JOIN ledger_entrykey held ON held.entry_id = entry.id
WHERE entry.id IS NULL OR held.entry_id IS NULL OR held.key <> entry.key
