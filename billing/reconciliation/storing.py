"""From the work table into the tables for ever: what is new, what is known, what has changed. Set-wise SQL.

Inside a transaction of `operations`, with the wallet's lock held.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from billing.reconciliation import matching, staging
from billing.reconciliation.reading import BadFile, Problem

_PROBLEMS_SHOWN = 100

# The same line twice in one file, saying two things.
_CONTRADICTORY = """
SELECT line_ref, array_agg(line_no ORDER BY line_no)
FROM reconciliation_work
GROUP BY line_id, line_ref
HAVING count(*) > 1 AND count(DISTINCT (kind, net_minor, fee_minor, currency)) > 1
ORDER BY 2 LIMIT %s
"""
_DOUBLED = """
DELETE FROM reconciliation_work work
USING (SELECT line_id, min(line_no) AS first FROM reconciliation_work GROUP BY line_id HAVING count(*) > 1) doubled
WHERE doubled.line_id = work.line_id AND work.line_no > doubled.first
"""
# Compared with what counts now: what the line said first, or what somebody has accepted last.
_CHANGED = """
INSERT INTO reconciliation_changedline
    (line_id, source_import_id, line_no, happened_at, kind, net_minor, fee_minor, currency, found_at,
     decided_by, decided_why, verdict)
SELECT work.line_id, %(import)s, work.line_no, work.happened_at, work.kind, work.net_minor, work.fee_minor,
       work.currency, %(at)s, '', '', ''
FROM reconciliation_work work
JOIN reconciliation_finding finding ON finding.line_id = work.line_id
JOIN reconciliation_settlementline line ON line.line_id = finding.line_id AND line.happened_at = finding.happened_at
LEFT JOIN (
    SELECT DISTINCT ON (line_id) line_id, kind, net_minor, fee_minor, currency FROM reconciliation_changedline
    WHERE verdict = 'accepted' ORDER BY line_id, decided_at DESC, id DESC
) accepted ON accepted.line_id = work.line_id
WHERE (coalesce(accepted.kind, line.kind), coalesce(accepted.net_minor, line.net_minor),
       coalesce(accepted.fee_minor, line.fee_minor), coalesce(accepted.currency, line.currency))
      IS DISTINCT FROM (work.kind, work.net_minor, work.fee_minor, work.currency)
  AND NOT EXISTS (
      SELECT FROM reconciliation_changedline before
      WHERE before.line_id = work.line_id AND before.verdict <> 'accepted'
        AND (before.kind, before.net_minor, before.fee_minor, before.currency)
            = (work.kind, work.net_minor, work.fee_minor, work.currency))
"""
_KNOWN = """
DELETE FROM reconciliation_work work USING reconciliation_finding finding WHERE finding.line_id = work.line_id
"""
# Lines of before a wallet's agreement: it has to be seen again whether they agree.
_TAKE_BACK = """
DELETE FROM reconciliation_walletagreement agreement
WHERE provider = %(provider)s AND market = %(market)s
  AND EXISTS (SELECT FROM reconciliation_work work
              WHERE work.currency = agreement.currency AND work.happened_at < agreement.agreed_until)
"""
_LINES = """
INSERT INTO reconciliation_settlementline
    (line_id, happened_at, source_import_id, line_no, provider, market, line_ref, kind, net_minor, fee_minor, currency,
     our_ref, provider_ref, transaction_ref, phone_index, phone_masked, balance_minor, is_reversal, raw)
SELECT line_id, happened_at, %(import)s, line_no, %(provider)s, %(market)s, line_ref, kind, net_minor, fee_minor,
       currency, our_ref, provider_ref, transaction_ref, phone_index, phone_masked, balance_minor, is_reversal,
       raw::jsonb
FROM reconciliation_work
"""
# Where each line ends. A subject whose money is not booked yet is told first (`settle`), and until then a person's.
_VERDICT = """
    CASE WHEN found.subject_ref <> '' AND found.is_booked AND found.subject_gross = work.net_minor + work.fee_minor
             THEN 'matched'
         WHEN work.side IN ('fee', 'tax', 'transfer') THEN 'explained'
         ELSE 'worklist' END AS state,
    CASE WHEN found.reason <> '' THEN found.reason
         WHEN found.subject_ref <> '' AND NOT found.is_booked THEN 'not_settled'
         WHEN found.subject_ref <> '' AND found.subject_gross <> work.net_minor + work.fee_minor THEN 'amount_differs'
         WHEN found.subject_ref <> '' THEN CASE WHEN found.subject_fee <> work.fee_minor THEN 'fee_differs' ELSE '' END
         WHEN work.side IN ('fee', 'tax', 'transfer') THEN ''
         WHEN work.side = 'reversal' THEN 'taken_back'
         WHEN work.side <> 'other' THEN 'unknown'
         WHEN work.kind = 'other' THEN 'unknown_kind'
         ELSE 'wrong_sign' END AS reason,
    CASE WHEN work.side IN ('fee', 'tax', 'transfer') THEN 'kind' ELSE coalesce(found.rule, '') END AS rule,
    coalesce(found.subject_ref, '') AS subject_ref,
    coalesce(found.hint, '') AS hint,
    CASE WHEN work.side IN ('fee', 'tax', 'transfer') THEN work.side ELSE '' END AS explanation,
    CASE WHEN found.is_booked THEN found.subject_gross - found.subject_fee ELSE 0 END AS subject_wallet_minor,
    CASE WHEN found.is_booked THEN found.subject_fee ELSE 0 END AS subject_fee_minor,
    CASE WHEN found.subject_ref <> '' AND NOT found.is_booked THEN 'settle'
         WHEN found.is_booked AND (found.subject_gross, found.subject_fee)
                                  = (work.net_minor + work.fee_minor, work.fee_minor) THEN ''
         ELSE 'book' END AS todo
FROM reconciliation_work work
LEFT JOIN reconciliation_found found ON found.line_id = work.line_id
"""
_FINDINGS = f"""
INSERT INTO reconciliation_finding
    (line_id, happened_at, provider, market, entity, side, found_at,
     wallet_minor, fee_minor, suspense_minor, other_minor, other_code, entry_count, decided_by, decided_why,
     state, reason, rule, subject_ref, hint, explanation, subject_wallet_minor, subject_fee_minor, todo)
SELECT work.line_id, work.happened_at, %(provider)s, %(market)s, %(entity)s, work.side, %(at)s,
       0, 0, 0, 0, '', 0, '', '', {_VERDICT}
"""
# The same for lines that waited: only where something was found, or the reason is another one.
_AGAIN = f"""
UPDATE reconciliation_finding finding
SET state = verdict.state, reason = verdict.reason, rule = verdict.rule, subject_ref = verdict.subject_ref,
    hint = verdict.hint, subject_wallet_minor = verdict.subject_wallet_minor,
    subject_fee_minor = verdict.subject_fee_minor,
    todo = CASE WHEN verdict.todo = 'settle' THEN 'settle' ELSE 'book' END
FROM (SELECT work.line_id, {_VERDICT}) AS verdict
WHERE verdict.line_id = finding.line_id
  AND (verdict.state, verdict.reason, verdict.subject_ref, verdict.hint)
      IS DISTINCT FROM (finding.state, finding.reason, finding.subject_ref, finding.hint)
"""  # noqa: S608  constants
_WAITING = f"""
INSERT INTO reconciliation_work ({staging.COLUMNS})
SELECT line.line_no, line.line_id, line.line_ref, line.kind, line.net_minor, line.fee_minor, line.currency,
       line.happened_at, line.our_ref, line.provider_ref, line.transaction_ref, line.phone_index, line.phone_masked,
       line.balance_minor, line.is_reversal, ''
FROM reconciliation_finding finding
JOIN reconciliation_settlementline line ON line.line_id = finding.line_id AND line.happened_at = finding.happened_at
WHERE finding.state = 'worklist' AND finding.provider = %(provider)s AND finding.market = %(market)s
  AND finding.subject_ref = '' AND finding.decided_by = ''
  AND finding.side IN ('payment', 'refund', 'payout', 'payout_back')
"""  # noqa: S608  constants
# Lines whose subject would not take them yet are asked about again.
_UNSETTLED = """
UPDATE reconciliation_finding SET todo = 'settle'
WHERE state = 'worklist' AND provider = %(provider)s AND market = %(market)s AND subject_ref <> '' AND decided_by = ''
  AND todo = ''
"""
# A line and the one that takes its movement back, neither of them ours: they explain each other.
_PAIRS = """
UPDATE reconciliation_finding finding
SET state = 'explained', reason = '', rule = 'reversal', explanation = 'reversal',
    todo = CASE WHEN finding.todo = 'settle' THEN 'settle' ELSE 'book' END
FROM (
    SELECT array_agg(line.line_id) AS both_ids
    FROM reconciliation_finding waiting
    JOIN reconciliation_settlementline line
      ON line.line_id = waiting.line_id AND line.happened_at = waiting.happened_at
    WHERE waiting.state = 'worklist' AND waiting.provider = %(provider)s AND waiting.market = %(market)s
      AND waiting.subject_ref = '' AND waiting.decided_by = '' AND line.transaction_ref IS NOT NULL
    GROUP BY line.transaction_ref, line.currency
    HAVING count(*) = 2 AND sum(line.net_minor) = 0 AND sum(line.fee_minor) = 0
       AND count(*) FILTER (WHERE line.is_reversal OR line.kind IN ('refund', 'payout_reversal')) = 1
) pair
WHERE finding.line_id = ANY (pair.both_ids)
"""


def lock(provider: str, market: str) -> None:
    """One at a time for each wallet: two imports at once must not claim one payment each in its own way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 43))", [f"reconcile {provider}:{market}"])


def currencies() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT currency FROM reconciliation_work ORDER BY 1")
        return [currency for (currency,) in cursor.fetchall()]


def covered() -> tuple[int, datetime | None, datetime | None]:
    """How many lines are on their way, and the first and last moment among them.

    :raises BadFile: one line stands there twice and says two things.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONTRADICTORY, [_PROBLEMS_SHOWN])
        if found := cursor.fetchall():
            raise BadFile(
                [Problem(numbers[-1], f"{ref} says something else than on line {numbers[0]}") for ref, numbers in found]
            )
        cursor.execute("SELECT count(*), min(happened_at), max(happened_at) FROM reconciliation_work")
        count, first, last = cursor.fetchone()
        return count, first, last


def store(*, import_ref: str, provider: str, market: str, entity: str, at: datetime) -> tuple[int, int]:
    """Keep what is new, matched as far as can be; how many lines are new, how many have changed."""
    names: dict[str, Any] = {"import": import_ref, "provider": provider, "market": market, "entity": entity, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_DOUBLED)
        cursor.execute(_CHANGED, names)
        changed = cursor.rowcount
        cursor.execute(_KNOWN)
        matching.find(provider=provider, market=market, entity=entity)
        cursor.execute(_TAKE_BACK, names)
        cursor.execute(_LINES, names)
        new = cursor.rowcount
        cursor.execute(_FINDINGS, names)
        cursor.execute(_PAIRS, names)
    return new, changed


def look_again(*, provider: str, market: str, entities: list[str], at: datetime) -> None:
    """Match the lines that wait, now that more may be known."""
    names: dict[str, Any] = {"provider": provider, "market": market, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, names)
        cursor.execute(_WAITING, names)
        if cursor.rowcount:
            staging.analyse()
            for entity in entities:
                matching.find(provider=provider, market=market, entity=entity)
            cursor.execute(_AGAIN, names)
        cursor.execute(_PAIRS, names)
