-- each entry says what it said when its key was given
SELECT ledger_entry_ref(entry.id), format('the content of %s is not what its fingerprint was made of', entry.key)
FROM ledger_journalentry entry
JOIN (
    -- the lines as they are written down for the fingerprint
    SELECT line.entry_id,
           '[' || string_agg(json_build_array(account.code, account.currency, account.holder, line.amount_minor)::text, ','
                  ORDER BY account.currency, account.code, account.holder, line.amount_minor) || ']' AS content
    FROM ledger_posting line
    JOIN ledger_account account ON account.id = line.account_id
    GROUP BY line.entry_id
) AS lines ON lines.entry_id = entry.id
WHERE entry.fingerprint <> ledger_fingerprint(
    entry.key, entry.entity, entry.journal, entry.description, entry.source_ref,
    coalesce(entry.late_from, entry.happened_at), lines.content)
