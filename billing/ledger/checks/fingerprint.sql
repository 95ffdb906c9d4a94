-- each entry says what it said when its key was given
SELECT ledger_entry_ref(entry.id), format('the content of %s is not what its fingerprint was made of', held.key)
FROM ledger_journalentry entry
JOIN ledger_entrykey held ON held.entry_id = entry.id
JOIN (
    -- the lines as ledger_post_many writes them down for the fingerprint
    SELECT entry_id, '[' || string_agg(content, ',' ORDER BY content COLLATE "C") || ']' AS content
    FROM (
        SELECT line.entry_id,
               string_agg(json_build_array(account.code, account.currency, account.holder, line.amount_minor)::text, ','
                          ORDER BY account.code, account.holder, line.amount_minor) AS content
        FROM ledger_posting line
        JOIN ledger_account account ON account.id = line.account_id
        GROUP BY line.entry_id, account.entity, account.currency
    ) AS by_currency
    GROUP BY entry_id
) AS lines ON lines.entry_id = entry.id
WHERE held.fingerprint <> ledger_fingerprint(
    held.key, entry.entity, entry.journal, entry.description, entry.source_ref, entry.happened_at, lines.content)
