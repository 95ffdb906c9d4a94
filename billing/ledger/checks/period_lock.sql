-- the gate of each legal entity is where its months are, no entry went into a month after it was closed, months moved as they may
SELECT 'period_lock', coalesce(gate.entity, told.entity),
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
SELECT 'period_lock', ledger_entry_ref(entry.id), format('was recorded at %s in a month closed at %s', entry.recorded_at, period.closed_at)
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
SELECT 'period_lock', coalesce(month.entity, told.entity),
       format('the month from %s is %s, its last event says %s', coalesce(month.starts_at, told.starts_at), month.state, told.event)
FROM ledger_period month
FULL JOIN (
    SELECT DISTINCT ON (entity, starts_at) entity, starts_at, event
    FROM ledger_periodevent ORDER BY entity, starts_at, id DESC
) AS told ON told.entity = month.entity AND told.starts_at = month.starts_at
WHERE month.state IS DISTINCT FROM CASE WHEN told.event IS NULL THEN 'without events'
                                        WHEN told.event IN ('closed', 'asked') THEN 'closed'
                                        WHEN told.event = 'closing' THEN 'closing' ELSE 'open' END

UNION ALL
SELECT 'period_lock', entity,
       format('the month from %s was %s by %s, after it was %s by %s', starts_at, event, by, coalesce(event_before, 'open'), by_before)
FROM (
    SELECT entity, starts_at, event, by, reason, lag(event) OVER so_far AS event_before, lag(by) OVER so_far AS by_before
    FROM ledger_periodevent
    WINDOW so_far AS (PARTITION BY entity, starts_at ORDER BY id)
) AS moved
WHERE NOT CASE event
    WHEN 'closing' THEN coalesce(event_before, 'reopened') IN ('withdrawn', 'reopened')
    WHEN 'closed' THEN coalesce(event_before, '') = 'closing'
    WHEN 'withdrawn' THEN coalesce(event_before, '') = 'closing' AND trim(reason) <> ''
    WHEN 'asked' THEN coalesce(event_before, '') IN ('closed', 'asked') AND trim(reason) <> ''
    WHEN 'reopened' THEN coalesce(event_before, '') = 'asked' AND by <> by_before
END
