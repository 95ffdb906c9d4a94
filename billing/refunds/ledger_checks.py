"""What refunds and the ledger must agree on. `manage.py ledger_verify` finds this module by its name."""

from collections.abc import Iterator

from django.db import connection

from billing.ledger.facts import Difference
from billing.ledger.snapshot import snapshot

_CHECKS = """
WITH booked AS (
    SELECT ledger_entry_ref(entry.id) AS ref, entry.key, entry.source_ref, back.reversing_id IS NOT NULL AS taken_back,
           sum(line.amount_minor) FILTER (WHERE line.amount_minor > 0) AS amount
    FROM ledger_journalentry entry
    JOIN ledger_posting line ON line.entry_id = entry.id
    LEFT JOIN ledger_reversal back ON back.reversed_id = entry.id
    WHERE entry.key LIKE 'refund:%'
    GROUP BY entry.id, back.reversing_id
)
-- what was granted is owed by an entry of its amount, until it failed
SELECT 'refund_granted', refund.id, format('%s %s: its entry %s has %s', refund.state, refund.amount_minor,
                                           refund.granted_entry_ref, coalesce(booked.amount::text, 'nothing'))
FROM refunds_refund refund
LEFT JOIN booked ON booked.ref = refund.granted_entry_ref AND booked.source_ref = refund.id
WHERE refund.granted_entry_ref <> ''
  AND (booked.amount IS DISTINCT FROM refund.amount_minor OR booked.taken_back <> (refund.state = 'failed'))

UNION ALL
-- what the provider gave back has its entry
SELECT 'refund_sent', refund.id, format('%s by %s: its entry %s has %s', refund.state, refund.way,
                                        refund.sent_entry_ref, coalesce(booked.amount::text, 'nothing'))
FROM refunds_refund refund
LEFT JOIN booked ON booked.ref = refund.sent_entry_ref AND booked.source_ref = refund.id
WHERE (refund.state = 'succeeded' AND refund.way = 'operation')
      <> (booked.amount IS NOT DISTINCT FROM refund.amount_minor)

UNION ALL
-- no entry of a refund stands without it
SELECT 'refund_missing', booked.ref, format('%s: no refund knows this entry', booked.key)
FROM booked
LEFT JOIN refunds_refund refund
  ON refund.id = booked.source_ref AND booked.ref IN (refund.granted_entry_ref, refund.sent_entry_ref)
WHERE refund.id IS NULL AND booked.key NOT LIKE '%:not_given'

UNION ALL
-- a payment gives back no more than it brought
SELECT 'refund_total', payment.id, format('%s of %s given back', sum(refund.amount_minor), payment.amount_minor)
FROM refunds_refund refund
JOIN payments_paymenttransaction payment ON payment.id = refund.payment_ref
WHERE refund.state <> 'failed' AND payment.booked_as <> 'mismatch'
GROUP BY payment.id
HAVING sum(refund.amount_minor) > payment.amount_minor
"""


def differences() -> Iterator[Difference]:
    """Refunds, the payments they give back, and their entries agree."""
    with snapshot(), connection.cursor() as cursor:
        cursor.execute(_CHECKS)
        yield from (Difference(*row) for row in cursor.fetchall())
