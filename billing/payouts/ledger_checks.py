"""What payouts and the ledger must agree on. `manage.py ledger_verify` finds this module by its name."""

from collections.abc import Iterator

from django.db import connection

from billing.ledger.facts import Difference
from billing.ledger.snapshot import snapshot

# One query a promise, both directions, set-wise: (rule, subject, message) for each place where it does not hold.
_CHECKS = """
-- what arrived has its entry, of its own and of its amount
SELECT 'payout_entry', payout.id, format('%s %s: its entry %s is missing or has %s', payout.state, payout.amount_minor,
                                         payout.entry_ref, coalesce(booked.amount::text, 'nothing'))
FROM payouts_payout payout
LEFT JOIN (
    SELECT ledger_entry_ref(entry.id) AS ref, entry.source_ref,
           sum(line.amount_minor) FILTER (WHERE line.amount_minor > 0) AS amount
    FROM ledger_journalentry entry JOIN ledger_posting line ON line.entry_id = entry.id
    WHERE entry.key LIKE 'payout:%'
    GROUP BY entry.id
) AS booked ON booked.ref = payout.entry_ref AND booked.source_ref = payout.id
WHERE payout.entry_ref <> '' AND booked.amount IS DISTINCT FROM payout.amount_minor

UNION ALL
-- what may still leave is held, and nothing else is
SELECT 'payout_hold', payout.id, format('%s, and its hold %s %s', payout.state, payout.hold_ref,
                                        CASE WHEN still.hold_id IS NULL THEN 'counts no more' ELSE 'still counts' END)
FROM payouts_payout payout
LEFT JOIN ledger_hold held ON held.source_ref = payout.id AND held.key = 'payout:' || payout.id || ':held'
LEFT JOIN ledger_openhold still ON still.hold_id = held.id
WHERE (payout.state IN ('approved', 'pending', 'unknown', 'needs_review')) <> (still.hold_id IS NOT NULL)

UNION ALL
-- no entry of a payout stands without it
SELECT 'payout_missing', ledger_entry_ref(entry.id), format('%s: no payout knows this entry', entry.key)
FROM ledger_journalentry entry
LEFT JOIN payouts_payout payout
  ON payout.id = entry.source_ref AND ledger_entry_ref(entry.id) IN (payout.entry_ref, payout.fee_entry_ref)
LEFT JOIN ledger_reversal back ON back.reversing_id = entry.id
WHERE entry.key LIKE 'payout:%' AND payout.id IS NULL AND back.reversing_id IS NULL
"""


def differences() -> Iterator[Difference]:
    """Payouts, their holds and their entries agree."""
    with snapshot(), connection.cursor() as cursor:
        cursor.execute(_CHECKS)
        yield from (Difference(*row) for row in cursor.fetchall())
