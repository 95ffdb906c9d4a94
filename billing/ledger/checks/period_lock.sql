-- the gate of each legal entity is where its months are, and no entry went into a month after it was closed
SELECT coalesce(gate.entity, told.entity),
       format('the gate says closed until %s, closing until %s; the months say %s and %s',
              gate.closed_until, gate.closing_until, told.closed_until, told.closing_until)
FROM ledger_gate gate
FULL JOIN (
    SELECT entity, coalesce(max(ends_at) FILTER (WHERE state = 'closed'), '-infinity') AS closed_until,
           coalesce(max(ends_at) FILTER (WHERE state <> 'open'), '-infinity') AS closing_until
    FROM ledger_period GROUP BY entity
) AS told ON told.entity = gate.entity
WHERE (gate.closed_until, gate.closing_until) IS DISTINCT FROM (told.closed_until, told.closing_until)

UNION ALL
SELECT ledger_entry_ref(entry.id), format('was recorded at %s in a month closed at %s', entry.recorded_at, period.closed_at)
FROM (
    SELECT period.entity, period.starts_at, period.ends_at,
           (SELECT event.at FROM ledger_periodevent event
            WHERE event.entity = period.entity AND event.starts_at = period.starts_at AND event.event = 'closed'
            ORDER BY event.id DESC LIMIT 1) AS closed_at
    FROM ledger_period period WHERE period.state = 'closed'
) AS period
JOIN ledger_journalentry entry
  ON entry.entity = period.entity AND entry.happened_at >= period.starts_at AND entry.happened_at < period.ends_at
WHERE entry.recorded_at > period.closed_at

UNION ALL
SELECT entity, format('the month from %s is %s, its last event says %s', starts_at, state, last_event)
FROM (
    SELECT period.entity, period.starts_at, period.state,
           (SELECT event.event FROM ledger_periodevent event
            WHERE event.entity = period.entity AND event.starts_at = period.starts_at
            ORDER BY event.id DESC LIMIT 1) AS last_event
    FROM ledger_period period
) AS month
WHERE state IS DISTINCT FROM CASE last_event WHEN 'closing' THEN 'closing' WHEN 'closed' THEN 'closed'
                                            WHEN 'asked' THEN 'closed' ELSE 'open' END
