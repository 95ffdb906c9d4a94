"""A day of a wallet as the provider tells it and as account 552 has it, and what the difference is made of.

Reads the ledger's tables for the one join that no page of either side could hold; writes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

import billing.ledger.queries as ledger
from billing.ledger.draft import AccountKey
from billing.reconciliation import postings
from billing.reconciliation.facts import DayFact, DifferenceFact, SideFact

LINES_SHOWN = 200

_WALLETS = """
SELECT entity, code, currency, holder FROM ledger_account
WHERE code = %s AND holder LIKE '%%:%%' ORDER BY holder, currency, entity
"""
_KINDS = """
SELECT kind, sum(net_minor + fee_minor), sum(fee_minor), sum(net_minor), count(*)
FROM reconciliation_settlementline
WHERE provider = %(provider)s AND market = %(market)s AND currency = %(currency)s
  AND happened_at >= %(since)s AND happened_at < %(until)s
GROUP BY kind ORDER BY kind
"""
# The balance the provider told with the day's first line, or what all lines before come to.
_OPENING = """
SELECT coalesce(
    (SELECT balance_minor - net_minor FROM reconciliation_settlementline
     WHERE provider = %(provider)s AND market = %(market)s AND currency = %(currency)s
       AND happened_at >= %(since)s AND happened_at < %(until)s
     ORDER BY happened_at, balance_minor IS NULL, line_no LIMIT 1),
    (SELECT sum(net_minor) FROM reconciliation_settlementline
     WHERE provider = %(provider)s AND market = %(market)s AND currency = %(currency)s AND happened_at < %(since)s),
    0)
"""
_WAITING = """
SELECT count(*) FILTER (WHERE finding.state = 'worklist'),
       (SELECT count(*) FROM reconciliation_changedline changed
        JOIN reconciliation_finding first ON first.line_id = changed.line_id
        WHERE changed.decided_by = '' AND first.provider = %(provider)s AND first.market = %(market)s
          AND changed.currency = %(currency)s AND first.happened_at >= %(since)s AND first.happened_at < %(until)s)
FROM reconciliation_finding finding
JOIN reconciliation_settlementline line ON line.line_id = finding.line_id AND line.happened_at = finding.happened_at
WHERE finding.state = 'worklist' AND finding.provider = %(provider)s AND finding.market = %(market)s
  AND line.currency = %(currency)s AND finding.happened_at >= %(since)s AND finding.happened_at < %(until)s
"""
# By thing: a payment, refund or payout, or a line that is nobody's. A line's own entries belong to its subject.
_DIFFERENCES = """
WITH told AS (
    SELECT coalesce(nullif(finding.subject_ref, ''), 'rcl_' || replace(line.line_id::text, '-', '')) AS ref,
           min('rcl_' || replace(line.line_id::text, '-', '')) AS line_id, sum(line.net_minor) AS amount
    FROM reconciliation_settlementline line
    JOIN reconciliation_finding finding ON finding.line_id = line.line_id
    WHERE line.provider = %(provider)s AND line.market = %(market)s AND line.currency = %(currency)s
      AND line.happened_at >= %(since)s AND line.happened_at < %(until)s
    GROUP BY 1
), moved AS (
    SELECT entry.source_ref AS ref, sum(line.amount_minor) AS amount,
           CASE WHEN entry.source_ref ~ '^rcl_[0-9a-f]{32}$' THEN substr(entry.source_ref, 5)::uuid END AS line_id
    FROM ledger_posting line
    JOIN ledger_journalentry entry ON entry.id = line.entry_id
    WHERE line.account_id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
      AND line.recorded_at >= %(since)s::timestamptz - interval '10 minutes'
      AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
    GROUP BY entry.source_ref
), booked AS (
    SELECT coalesce(nullif(finding.subject_ref, ''), moved.ref) AS ref, sum(moved.amount) AS amount
    FROM moved
    LEFT JOIN reconciliation_finding finding ON finding.line_id = moved.line_id
    GROUP BY 1
)
SELECT ref, coalesce(told.line_id, ''), coalesce(told.amount, 0), coalesce(booked.amount, 0)
FROM told FULL JOIN booked USING (ref)
WHERE coalesce(told.amount, 0) <> coalesce(booked.amount, 0)
ORDER BY abs(coalesce(told.amount, 0) - coalesce(booked.amount, 0)) DESC, ref
LIMIT %(limit)s
"""


def reports(*, day: date, with_lines: bool) -> tuple[DayFact, ...]:
    """Every wallet's day, where either side moved or something waits."""
    since = datetime.combine(day, time(), UTC)
    until = since + timedelta(days=1)
    found = (_report(wallet, day, since, until, with_lines=with_lines) for wallet in wallets())
    return tuple(one for one in found if one.line_count or one.booked.moved_minor or one.changed_count or one.lines)


def _report(wallet: AccountKey, day: date, since: datetime, until: datetime, *, with_lines: bool) -> DayFact:
    asked = {**names(wallet), "since": since, "until": until, "limit": LINES_SHOWN}
    kinds = rows(_KINDS, asked)
    told = sum(int(row[3]) for row in kinds)
    opening = int(rows(_OPENING, asked)[0][0])
    before, after = (ledger.balance(wallet, as_of=moment - timedelta(microseconds=1)) for moment in (since, until))
    (waiting,) = rows(_WAITING, asked)
    return DayFact(
        provider=asked["provider"],
        market=asked["market"],
        currency=wallet.currency,
        entity=wallet.entity,
        day=day,
        told=SideFact(opening, told, opening + told),
        booked=SideFact(before, after - before, after),
        gross_by_kind={row[0]: int(row[1]) for row in kinds},
        fee_minor=sum(int(row[2]) for row in kinds),
        line_count=sum(int(row[4]) for row in kinds),
        worklist_count=int(waiting[0]),
        changed_count=int(waiting[1]),
        lines=tuple(DifferenceFact(ref, line, int(told_), int(booked)) for ref, line, told_, booked in
                    (rows(_DIFFERENCES, asked) if with_lines else ())),
    )  # fmt: skip


def wallets() -> list[AccountKey]:
    return [AccountKey(*row) for row in rows(_WALLETS, [postings.WALLET])]


def names(wallet: AccountKey) -> dict[str, Any]:
    provider, _, market = wallet.holder.partition(":")
    return {
        "provider": provider,
        "market": market,
        "currency": wallet.currency,
        "entity": wallet.entity,
        "code": wallet.code,
        "holder": wallet.holder,
    }


def rows(statement: str, values: dict[str, Any] | Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[Any] = cursor.fetchall()
        return found
