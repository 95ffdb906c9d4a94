"""Holds: what is promised, and how it ended."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from billing.ledger import entry_ids
from billing.ledger.draft import AccountKey, Line
from billing.ledger.facts import HoldFact
from billing.ledger.refusals import NoSuchHold

_HOLDS = """
SELECT held.id, held.key, held.journal, held.description, held.source_ref, held.recorded_at, held.expires_at,
       ended.outcome, ended.ended_at, ended.entry_id, coalesce(ended.reason, '')
FROM ledger_hold held
LEFT JOIN ledger_holdend ended ON ended.hold_id = held.id
"""
_LINES = """
SELECT account.entity, account.code, account.currency, account.holder, line.amount_minor
FROM ledger_holdline line
JOIN ledger_account account ON account.id = line.account_id
WHERE line.hold_id = %s
ORDER BY line.line
"""


def hold(hold_ref: str) -> HoldFact:
    """
    :raises NoSuchHold: no hold has this id.
    """
    found = _facts("WHERE held.id = %s", [_uuid(hold_ref)])
    if not found:
        raise NoSuchHold(hold_ref)
    return found[0]


def hold_lines(hold_ref: str) -> tuple[Line, ...]:
    """What a hold promises; debit positive.

    :raises NoSuchHold: no hold has this id.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [_uuid(hold_ref)])
        return tuple(Line(AccountKey(*row[:4]), row[4]) for row in cursor.fetchall())


def open_holds(account: AccountKey) -> tuple[HoldFact, ...]:
    """The holds that count against an account, the oldest first."""
    condition = """
        WHERE held.id IN (
            SELECT line.hold_id FROM ledger_holdline line JOIN ledger_openhold still ON still.hold_id = line.hold_id
            WHERE line.account_id = ledger_account_id(%s, %s, %s, %s))
        ORDER BY held.recorded_at, held.id
    """
    return tuple(_facts(condition, [account.entity, account.code, account.currency, account.holder]))


def sources_of_open_holds(*, prefix: str) -> Iterator[str]:
    """The documents that open holds are for, of those whose key begins with `prefix`."""
    statement = """
        SELECT held.source_ref FROM ledger_openhold still JOIN ledger_hold held ON held.id = still.hold_id
        WHERE starts_with(held.key, %s)
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [prefix])
        yield from (row[0] for row in cursor.fetchall())


def _facts(condition: str, values: Sequence[Any]) -> list[HoldFact]:
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS + condition, values)
        return [_fact(row) for row in cursor.fetchall()]


def _fact(row: Sequence[Any]) -> HoldFact:
    hold_id, key, journal, description, source_ref, recorded_at, expires_at, outcome, ended_at, entry_id, reason = row
    return HoldFact(
        id=entry_ids.from_uuid(hold_id, prefix=entry_ids.HOLD),
        key=key,
        journal=journal,
        description=description,
        source_ref=source_ref,
        recorded_at=recorded_at,
        expires_at=expires_at,
        outcome=outcome,
        ended_at=ended_at,
        entry_ref=None if entry_id is None else entry_ids.from_uuid(entry_id),
        reason=reason,
    )


def _uuid(hold_ref: str) -> Any:
    try:
        return entry_ids.to_uuid(hold_ref, prefix=entry_ids.HOLD)
    except entry_ids.NotAnEntryId:
        raise NoSuchHold(hold_ref) from None
