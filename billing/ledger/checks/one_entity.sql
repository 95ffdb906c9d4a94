-- the lines of an entry belong to the legal entity of the entry
SELECT ledger_entry_ref(entry.id), format('an entry of %s has a line of %s', entry.entity, account.entity)
FROM ledger_posting line
JOIN ledger_journalentry entry ON entry.id = line.entry_id
JOIN ledger_account account ON account.id = line.account_id
WHERE account.entity <> entry.entity
