-- each entry balances in each currency, has lines of its own legal entity, and says what it said when its key was given
WITH line_end AS MATERIALIZED (
    -- By balance row: where its lines stand in a fingerprint, and a line as it stands there, up to its amount.
    SELECT held.account_id, held.stripe, account.entity, account.currency,
           dense_rank() OVER (ORDER BY account.currency, account.code, account.holder) AS place,
           rtrim(json_build_array(account.code, account.currency, account.holder)::text, ']') || ', ' AS prefix,
           held.lag_us * interval '1 microsecond' AS lag
    FROM ledger_accountbalance held
    JOIN ledger_account account ON account.id = held.account_id
), told AS (
    SELECT line.entry_id, sum(line.amount_minor) AS total, min(abs(line.amount_minor)) AS smallest,
           max(line.recorded_at) AS recorded_at, max(line.recorded_at - line_end.lag) AS not_before,
           count(*) - count(line_end.account_id) AS strays,
           min(line_end.currency) AS currency, max(line_end.currency) AS last_currency,
           min(line_end.entity) AS entity, max(line_end.entity) AS last_entity,
           string_agg(line_end.prefix || line.amount_minor || ']', ',' ORDER BY line_end.place, line.amount_minor) AS content
    FROM ledger_posting line
    LEFT JOIN line_end ON line_end.account_id = line.account_id AND line_end.stripe = line.stripe
    GROUP BY line.entry_id
), judged AS (
    -- Kept in short tests: millions of entries pass them, and few come to be spoken of below.
    SELECT entry.*, told.total, told.smallest, told.recorded_at AS lines_at, told.not_before, told.strays, told.currency,
           told.entry_id, concat_ws(', ', told.entity, nullif(told.last_entity, told.entity)) AS entities,
           entry.id IS NULL OR told.entry_id IS NULL OR told.strays > 0 AS is_orphan,
           told.total <> 0 OR told.currency <> told.last_currency OR told.strays > 0 AS is_suspect,
           told.entity <> entry.entity OR told.last_entity <> entry.entity AS is_mixed,
           entry.journal NOT IN ('VT', 'BQ', 'RD', 'OD') OR entry.key = '' OR octet_length(entry.fingerprint) <> 32
               OR told.smallest = 0 AS is_misshapen,
           entry.happened_at > entry.recorded_at OR told.recorded_at <> entry.recorded_at OR told.not_before > entry.happened_at
               OR (entry.late_from IS NOT NULL
                   AND (entry.late_from >= entry.happened_at OR entry.happened_at <> entry.recorded_at))
               -- An entry's id begins with the millisecond it was made in.
               OR substr(uuid_send(entry.id), 1, 6)
                  > substr(int8send(floor(extract(epoch FROM entry.recorded_at) * 1000)::bigint), 3) AS is_mistimed,
           entry.recorded_at >= (
               SELECT coalesce(nullif(current_setting('coko.trust_entries_before', true), ''), '-infinity')::timestamptz
           ) AND entry.fingerprint <> ledger_fingerprint(
               entry.key, entry.entity, entry.journal, entry.description, entry.source_ref,
               coalesce(entry.late_from, entry.happened_at), '[' || told.content || ']') AS is_altered
    FROM ledger_journalentry entry
    FULL JOIN told ON told.entry_id = entry.id
)
SELECT rule, ledger_entry_ref(coalesce(id, entry_id)), message
FROM judged
CROSS JOIN LATERAL (VALUES
    ('orphan', CASE WHEN is_orphan THEN
        CASE WHEN id IS NULL THEN format('lines of %s %s stand without their entry', total, currency)
             WHEN entry_id IS NULL THEN 'the entry has no lines'
             ELSE format('%s of its lines stand without their account, or in a row it does not have', strays) END END),
    ('entry_balance', CASE WHEN is_suspect THEN (
        SELECT 'is off by ' || string_agg(format('%s %s', sum, coalesce(sums.currency, '(no such account)')), ', ')
        FROM (
            SELECT account.currency, sum(line.amount_minor)
            FROM ledger_posting line LEFT JOIN ledger_account account ON account.id = line.account_id
            WHERE line.entry_id = judged.entry_id
            GROUP BY account.currency HAVING sum(line.amount_minor) <> 0
        ) AS sums) END),
    ('one_entity', CASE WHEN is_mixed THEN format('an entry of %s has a line of %s', entity, entities) END),
    ('shape', CASE WHEN is_misshapen THEN format('in journal %s, under the key %s, with a line of %s', journal, key, smallest) END),
    ('shape', CASE WHEN is_mistimed THEN format(
        'happened at %s (really %s), recorded at %s, its lines at %s; its accounts remember back to %s',
        happened_at, coalesce(late_from, happened_at), recorded_at, lines_at, not_before) END),
    ('fingerprint', CASE WHEN is_altered THEN format('the content of %s is not what its fingerprint was made of', key) END)
) AS found (rule, message)
WHERE (is_orphan OR is_suspect OR is_mixed OR is_misshapen OR is_mistimed OR is_altered) AND message IS NOT NULL
