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
WHERE NOT EXISTS (SELECT FROM ledger_posting line WHERE line.entry_id = entry.id)

UNION ALL
SELECT ledger_entry_ref(coalesce(entry.id, held.entry_id)),
       CASE WHEN entry.id IS NULL THEN format('the key %s has no entry', held.key) ELSE 'the entry has no key' END
FROM ledger_journalentry entry
FULL JOIN ledger_entrykey held ON held.entry_id = entry.id
WHERE entry.id IS NULL OR held.entry_id IS NULL
