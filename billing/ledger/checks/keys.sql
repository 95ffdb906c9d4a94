-- each entry has its idempotency key, each key its entry
SELECT 'orphan', ledger_entry_ref(coalesce(entry.id, held.entry_id)),
       CASE WHEN entry.id IS NULL THEN format('the key %s has no entry', held.key)
            WHEN held.entry_id IS NULL THEN 'the entry has no key'
            ELSE format('the entry says its key is %s, the key %s says it is its own', entry.key, held.key) END
FROM ledger_journalentry entry
FULL JOIN ledger_entrykey held ON held.entry_id = entry.id
WHERE entry.id IS NULL OR held.entry_id IS NULL OR held.key <> entry.key
