"""Which payment, refund or payout each line tells of: whole sets at a time, in SQL.

Reads the tables of payments, refunds and payouts, as their own `ledger_checks` do, and writes none of them. Every step
works on `reconciliation_work` (lines that have no subject yet) and fills `reconciliation_found`.

Order: our reference; the provider's; the movement's; for a refund, those of its payment; then likeness: the one open
subject of that amount and phone in the time window, when it is the only one for the line and the line the only one for
it. Anything less certain is a person's to say.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection

# A provider may book a payment a day after it was asked; clocks differ a little the other way.
ASKED_BEFORE = timedelta(hours=24)
ASKED_AFTER = timedelta(minutes=15)

SIDES = ("payment", "refund", "payout", "payout_back")

# What each side can match. Amounts as the wallet sees them; `is_booked`: its own entries are in the ledger.
_SUBJECTS: Mapping[str, str] = {
    "payment": """
        SELECT id AS ref, provider, market, entity, currency, amount_minor AS gross, fee_minor AS fee,
               entry_ref <> '' AND booked_as <> 'mismatch' AS is_booked, provider_ref, transaction_ref,
               NULL::text AS payment_ref, payer_phone_index AS phone_index, started_at AS asked_at
        FROM payments_paymenttransaction
    """,
    "refund": """
        SELECT refund.id AS ref, refund.provider, refund.market, refund.entity, refund.currency,
               -refund.amount_minor AS gross, -refund.fee_back_minor AS fee, refund.sent_entry_ref <> '' AS is_booked,
               refund.provider_ref, refund.transaction_ref, refund.payment_ref,
               payment.payer_phone_index AS phone_index, refund.requested_at AS asked_at
        FROM refunds_refund refund
        JOIN payments_paymenttransaction payment ON payment.id = refund.payment_ref
        WHERE refund.way = 'operation'
    """,
    "payout": """
        SELECT id AS ref, provider, market, entity, currency, -amount_minor AS gross, fee_minor AS fee,
               state IN ('succeeded', 'reversed') AS is_booked, provider_ref, transaction_ref,
               NULL::text AS payment_ref, payee_phone_index AS phone_index, coalesce(sent_at, prepared_at) AS asked_at
        FROM payouts_payout
        WHERE state NOT IN ('prepared', 'rejected')
    """,
    "payout_back": """
        SELECT id AS ref, provider, market, entity, currency, amount_minor AS gross, -fee_minor AS fee,
               state = 'reversed' AS is_booked, provider_ref, transaction_ref, NULL::text AS payment_ref,
               payee_phone_index AS phone_index, coalesce(settled_at, prepared_at) AS asked_at
        FROM payouts_payout
        WHERE state NOT IN ('prepared', 'rejected')
    """,
}

_BY_REFERENCE = (
    ("reference", "subject.ref = work.our_ref"),
    ("provider_ref", "subject.provider_ref = work.provider_ref"),
    ("transaction_ref", "subject.transaction_ref = work.transaction_ref"),
)
# A provider's line about a refund often names the payment it gives back.
_BY_PAYMENT = """
subject.gross = work.net_minor + work.fee_minor AND subject.payment_ref IN (
    SELECT payment.id FROM payments_paymenttransaction payment
    WHERE payment.id = work.our_ref
       OR (payment.provider = %(provider)s AND payment.provider_ref = work.provider_ref)
       OR (payment.provider = %(provider)s AND payment.transaction_ref = work.transaction_ref))
"""
# A line that names a reference of ours that led nowhere is not like anything: it contradicts.
_LIKE = """
subject.phone_index = work.phone_index AND subject.phone_index <> '' AND subject.gross = work.net_minor + work.fee_minor
AND subject.asked_at BETWEEN work.happened_at - %(before)s AND work.happened_at + %(after)s
AND work.our_ref IS NULL
AND NOT EXISTS (
    SELECT FROM reconciliation_finding taken WHERE taken.subject_ref = subject.ref AND taken.side = %(side)s)
AND NOT EXISTS (
    SELECT FROM reconciliation_found taken WHERE taken.subject_ref = subject.ref AND taken.side = %(side)s)
"""

_CANDIDATES = """
INSERT INTO reconciliation_found
SELECT work.line_id, %(side)s, subject.ref, %(rule)s, '', '', subject.gross, subject.fee, subject.is_booked
FROM {lines} work
JOIN ({subjects}) subject
  ON subject.provider = %(provider)s AND subject.market = %(market)s AND subject.entity = %(entity)s
 AND subject.currency = work.currency AND {condition}
WHERE work.side = %(side)s
"""

_REST = """
CREATE TEMPORARY TABLE reconciliation_rest AS
SELECT work.* FROM reconciliation_work work
LEFT JOIN reconciliation_found found ON found.line_id = work.line_id
WHERE work.side IN ('payment', 'refund', 'payout', 'payout_back') AND found.line_id IS NULL
"""
_SHRINK = "DELETE FROM reconciliation_rest rest USING reconciliation_found found WHERE found.line_id = rest.line_id"

# More than one candidate for a line: nobody can tell which.
_AMBIGUOUS = """
WITH several AS (
    SELECT line_id, min(side) AS side, string_agg(subject_ref, ', ' ORDER BY subject_ref) AS refs
    FROM reconciliation_found GROUP BY line_id HAVING count(*) > 1
), gone AS (
    DELETE FROM reconciliation_found found USING several WHERE several.line_id = found.line_id
)
INSERT INTO reconciliation_found
SELECT line_id, side, '', '', 'ambiguous', left(refs, 120), 0, 0, false FROM several
"""
# Like-looking lines that want the same subject: again nobody can tell which.
_RIVALS = """
UPDATE reconciliation_found found
SET subject_ref = '', rule = '', reason = 'ambiguous', hint = found.subject_ref,
    subject_gross = 0, subject_fee = 0, is_booked = false
FROM (
    SELECT side, subject_ref FROM reconciliation_found WHERE rule = 'likeness' GROUP BY 1, 2 HAVING count(*) > 1
) rival
WHERE found.rule = 'likeness' AND found.side = rival.side AND found.subject_ref = rival.subject_ref
"""
# One subject, several lines that name it: the first keeps it (the one that also names its movement before others).
_CLAIMED = """
UPDATE reconciliation_found found
SET subject_ref = '', rule = '', reason = 'claimed', hint = found.subject_ref,
    subject_gross = 0, subject_fee = 0, is_booked = false
FROM (
    SELECT found.line_id,
           row_number() OVER (
               PARTITION BY found.side, found.subject_ref
               ORDER BY array_position(ARRAY['transaction_ref', 'provider_ref'], found.rule),
                        work.happened_at, work.line_id
           ) > 1 AS is_late
    FROM reconciliation_found found
    JOIN reconciliation_work work ON work.line_id = found.line_id
    WHERE (found.side, found.subject_ref) IN (
        SELECT side, subject_ref FROM reconciliation_found WHERE subject_ref <> '' GROUP BY 1, 2 HAVING count(*) > 1)
) late
WHERE late.line_id = found.line_id AND late.is_late
"""
_CLAIMED_BEFORE = """
UPDATE reconciliation_found found
SET subject_ref = '', rule = '', reason = 'claimed', hint = found.subject_ref,
    subject_gross = 0, subject_fee = 0, is_booked = false
FROM reconciliation_finding taken
WHERE taken.subject_ref = found.subject_ref AND taken.side = found.side AND found.subject_ref <> ''
  AND taken.line_id <> found.line_id
"""
# The line names one payment of ours and the movement of another.
_DISAGREE = """
UPDATE reconciliation_found found
SET subject_ref = '', rule = '', reason = 'references_disagree', hint = found.subject_ref || ', ' || other.id,
    subject_gross = 0, subject_fee = 0, is_booked = false
FROM reconciliation_work work
JOIN payments_paymenttransaction other ON other.provider = %(provider)s AND other.transaction_ref = work.transaction_ref
WHERE work.line_id = found.line_id AND found.side = 'payment' AND found.rule IN ('reference', 'provider_ref')
  AND other.id <> found.subject_ref
"""


def find(*, provider: str, market: str, entity: str) -> None:
    """Fill `reconciliation_found` for the lines in `reconciliation_work`. One line, at most one row."""
    names: dict[str, Any] = {
        "provider": provider,
        "market": market,
        "entity": entity,
        "before": ASKED_BEFORE,
        "after": ASKED_AFTER,
    }
    with connection.cursor() as cursor:
        for side in SIDES:
            _candidates(cursor, "reconciliation_work", side, *_BY_REFERENCE[0], names)
        cursor.execute("ANALYZE reconciliation_found")
        cursor.execute(_REST)
        cursor.execute("ANALYZE reconciliation_rest")
        for rule, condition in (*_BY_REFERENCE[1:], ("payment", _BY_PAYMENT), ("likeness", _LIKE)):
            cursor.execute("SELECT DISTINCT side FROM reconciliation_rest")
            for (side,) in cursor.fetchall():
                if rule != "payment" or side == "refund":
                    _candidates(cursor, "reconciliation_rest", side, rule, condition, names)
            cursor.execute(_SHRINK)
        cursor.execute(_AMBIGUOUS)
        cursor.execute(_RIVALS)
        cursor.execute(_CLAIMED)
        cursor.execute(_CLAIMED_BEFORE)
        cursor.execute(_DISAGREE, names)
        cursor.execute("DROP TABLE reconciliation_rest")


def _candidates(cursor: Any, lines: str, side: str, rule: str, condition: str, names: Mapping[str, Any]) -> None:
    statement = _CANDIDATES.format(lines=lines, subjects=_SUBJECTS[side], condition=condition)
    cursor.execute(statement, {**names, "side": side, "rule": rule})
