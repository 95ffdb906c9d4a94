"""Balances: now, at a past moment, over a stretch of time."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import get_language

from billing.ledger import chart
from billing.ledger.draft import AccountKey
from billing.ledger.facts import AvailableFact, BalanceFact

_NOW = """
SELECT coalesce(sum(balance), 0) FROM ledger_accountbalance WHERE account_id = ledger_account_id(%s, %s, %s, %s)
"""

# Each row of the account: its balance after the last posting it had seen by then, one index probe.
_KNOWN = """
SELECT coalesce(sum(seen.balance_after), 0)
FROM ledger_accountbalance held
CROSS JOIN LATERAL (
    SELECT balance_after
    FROM ledger_posting line
    WHERE line.account_id = held.account_id AND line.stripe = held.stripe AND line.recorded_at <= %(known_at)s
    ORDER BY line.recorded_at DESC, line.account_version DESC
    LIMIT 1
) AS seen
WHERE held.account_id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
"""

# What was known by the moment (nothing is recorded before it happens), and what was recorded later but counts from
# before: an account's lag says for how long after the moment to look.
_AS_OF = """
SELECT coalesce(sum(seen.balance_after), 0) + coalesce(sum(later.amount), 0)
FROM ledger_accountbalance held
LEFT JOIN LATERAL (
    SELECT balance_after
    FROM ledger_posting line
    WHERE line.account_id = held.account_id AND line.stripe = held.stripe
      AND line.recorded_at <= least(%(as_of)s::timestamptz, %(known_at)s)
    ORDER BY line.recorded_at DESC, line.account_version DESC
    LIMIT 1
) AS seen ON true
LEFT JOIN LATERAL (
    SELECT sum(line.amount_minor) AS amount
    FROM ledger_posting line
    JOIN ledger_journalentry entry ON entry.id = line.entry_id
    WHERE line.account_id = held.account_id AND line.stripe = held.stripe
      AND line.recorded_at > %(as_of)s
      AND line.recorded_at <= least(%(known_at)s, %(as_of)s::timestamptz + held.lag_us * interval '1 microsecond')
      AND entry.happened_at <= %(as_of)s
) AS later ON true
WHERE held.account_id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
"""

# What was before `since` is one index probe a balance row: nothing is recorded before it happens, so whatever was
# recorded by then happened by then. What moved since is in entries recorded from then on, none so long after `until`
# that it cannot count from before: accounts' lags say how long.
_MOVEMENTS_WITHIN = """
WITH moved AS MATERIALIZED (
    SELECT line.account_id,
           sum(line.amount_minor) FILTER (WHERE entry.happened_at < %(since)s) AS opening,
           sum(line.amount_minor) FILTER (WHERE line.amount_minor > 0 AND entry.happened_at >= %(since)s) AS debit,
           -sum(line.amount_minor) FILTER (WHERE line.amount_minor < 0 AND entry.happened_at >= %(since)s) AS credit
    FROM ledger_journalentry entry
    JOIN ledger_posting line ON line.entry_id = entry.id
    WHERE entry.recorded_at >= %(since)s
      AND entry.recorded_at
          < %(until)s::timestamptz + (SELECT max(lag_us) FROM ledger_accountbalance) * interval '1 microsecond'
      AND entry.happened_at < %(until)s
      AND line.recorded_at >= %(since)s AND line.recorded_at <= %(known_at)s
    GROUP BY line.account_id
), before AS MATERIALIZED (
    SELECT held.account_id, sum(seen.balance_after) AS opening
    FROM ledger_accountbalance held
    CROSS JOIN LATERAL (
        SELECT balance_after
        FROM ledger_posting line
        WHERE line.account_id = held.account_id AND line.stripe = held.stripe
          AND line.recorded_at < %(since)s AND line.recorded_at <= %(known_at)s
        ORDER BY line.recorded_at DESC, line.account_version DESC
        LIMIT 1
    ) AS seen
    GROUP BY held.account_id
)
SELECT account.entity, account.code, account.currency, account.holder,
       coalesce(before.opening, 0) + coalesce(moved.opening, 0) AS opening,
       coalesce(moved.debit, 0) AS debit, coalesce(moved.credit, 0) AS credit
FROM ledger_account account
LEFT JOIN before ON before.account_id = account.id
LEFT JOIN moved ON moved.account_id = account.id
WHERE (before.account_id IS NOT NULL OR moved.account_id IS NOT NULL)
  AND (%(entity)s::text IS NULL OR account.entity = %(entity)s)
  AND (%(codes)s::text[] IS NULL OR account.code = ANY (%(codes)s::text[]))
ORDER BY account.entity, account.code, account.holder, account.currency
"""

# Everything ever, up to a moment: table meets table.
_MOVEMENTS_UNTIL = """
SELECT account.entity, account.code, account.currency, account.holder, 0 AS opening,
       coalesce(sum(line.amount_minor) FILTER (WHERE line.amount_minor > 0), 0) AS debit,
       coalesce(-sum(line.amount_minor) FILTER (WHERE line.amount_minor < 0), 0) AS credit
FROM ledger_account account
JOIN ledger_posting line ON line.account_id = account.id
JOIN ledger_journalentry entry ON entry.id = line.entry_id
WHERE (%(entity)s::text IS NULL OR account.entity = %(entity)s)
  AND (%(codes)s::text[] IS NULL OR account.code = ANY (%(codes)s::text[]))
  AND entry.happened_at < %(until)s AND entry.recorded_at <= %(known_at)s
GROUP BY account.id
ORDER BY account.entity, account.code, account.holder, account.currency
"""

# Nothing but the sums ever posted: no entry needs to be looked at.
_MOVEMENTS_EVER = """
SELECT account.entity, account.code, account.currency, account.holder, 0 AS opening, moved.debit, moved.credit
FROM (
    SELECT account_id,
           coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0) AS debit,
           coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0) AS credit
    FROM ledger_posting
    GROUP BY account_id
) AS moved
JOIN ledger_account account ON account.id = moved.account_id
WHERE (%(entity)s::text IS NULL OR account.entity = %(entity)s)
  AND (%(codes)s::text[] IS NULL OR account.code = ANY (%(codes)s::text[]))
ORDER BY account.entity, account.code, account.holder, account.currency
"""

_AVAILABLE = """
SELECT account.side, held.balance, held.pending_debit, held.pending_credit, held.floor_minor, held.ceiling_minor,
       held.credit_minor
FROM ledger_account account
JOIN ledger_accountbalance held ON held.account_id = account.id
WHERE account.id = ledger_account_id(%s, %s, %s, %s) AND account.stripes = 1
"""

# From one entity to the next by the index of names, however many accounts each has.
_ENTITIES = """
WITH RECURSIVE known AS (
    (SELECT entity FROM ledger_account ORDER BY entity LIMIT 1)
    UNION ALL
    SELECT (SELECT entity FROM ledger_account later WHERE later.entity > known.entity ORDER BY entity LIMIT 1)
    FROM known WHERE known.entity IS NOT NULL
)
SELECT entity FROM known WHERE entity IS NOT NULL
"""

_ALL_NOW = """
SELECT account.entity, account.code, account.currency, account.holder, sum(held.balance)
FROM ledger_account account
JOIN ledger_accountbalance held ON held.account_id = account.id
WHERE (%(entity)s::text IS NULL OR account.entity = %(entity)s)
  AND (%(codes)s::text[] IS NULL OR account.code = ANY (%(codes)s::text[]))
GROUP BY account.id
"""


def balance(account: AccountKey, *, known_at: datetime | None = None, as_of: datetime | None = None) -> int:
    """The account's balance in minor units, debit positive; zero for an account nothing was posted to.

    Now; or with what we had written down by `known_at`; or with what counts from `as_of` or before; or both: what we
    thought at `known_at` that the balance at `as_of` had been.
    """
    name = (account.entity, account.code, account.currency, account.holder)
    if known_at is None and as_of is None:
        return _number(_NOW, name)
    named = dict(zip(("entity", "code", "currency", "holder"), name, strict=True))
    if as_of is None:
        return _number(_KNOWN, {**named, "known_at": known_at})
    return _number(_AS_OF, {**named, "as_of": as_of, "known_at": known_at or "infinity"})


def available(account: AccountKey) -> AvailableFact:
    """What the account can still give and take, with its limits and what is held.

    :raises UnknownAccountCode: the account is outside the chart.
    """
    name = (account.entity, account.code, account.currency, account.holder)
    known = chart.account(account.code)
    with connection.cursor() as cursor:
        cursor.execute(_AVAILABLE, name)
        row = cursor.fetchone()
    if row is None:
        side = 1 if known.side is chart.Side.DEBIT else -1
        return AvailableFact(account, side * balance(account), 0, 0, known.floor_minor, None, 0)
    side, held, debit, credit, floor, ceiling, granted = row
    leaving, coming = (credit, debit) if side == 1 else (debit, credit)
    return AvailableFact(account, side * held, leaving, coming, floor, ceiling, granted)


def balances_now(
    *, entity: str | None = None, codes: Collection[str] | None = None
) -> tuple[tuple[AccountKey, int], ...]:
    """Every account with its balance now, in order of the chart; reads no posting."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL_NOW, {"entity": entity, "codes": None if codes is None else sorted(codes)})
        return tuple(sorted((AccountKey(*row[:4]), int(row[4])) for row in cursor.fetchall()))


def balances(
    *,
    entity: str | None = None,
    codes: Collection[str] | None = None,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> tuple[BalanceFact, ...]:
    """Every account ever posted to, with what went in and out before `until` (or ever), as known at a moment."""
    return _movements(entity=entity, codes=codes, since=None, until=until, known_at=known_at)


def trial_balance(
    *,
    entity: str,
    since: datetime,
    until: datetime,
    known_at: datetime | None = None,
    codes: Collection[str] | None = None,
) -> tuple[BalanceFact, ...]:
    """The *balance générale* of one legal entity: opening, debit, credit and closing of each account, or of some codes.

    In order of code, holder and currency.
    """
    return _movements(entity=entity, codes=codes, since=since, until=until, known_at=known_at)


def entities() -> tuple[str, ...]:
    """The legal entities that have an account, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTITIES)
        return tuple(entity for (entity,) in cursor.fetchall())


def _movements(
    *,
    entity: str | None,
    codes: Collection[str] | None,
    since: datetime | None,
    until: datetime | None,
    known_at: datetime | None,
) -> tuple[BalanceFact, ...]:
    wanted = {
        "entity": entity,
        "codes": None if codes is None else sorted(codes),
        "since": since,
        "until": until or "infinity",
        "known_at": known_at or "infinity",
    }
    if since is not None:
        statement = _MOVEMENTS_WITHIN
    else:
        statement = _MOVEMENTS_EVER if until is None and known_at is None else _MOVEMENTS_UNTIL
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        return tuple(_balance_fact(row) for row in cursor.fetchall())


def _balance_fact(row: Sequence[Any]) -> BalanceFact:
    account = AccountKey(*row[:4])
    opening, debit, credit = (int(amount) for amount in row[4:])
    return BalanceFact(
        account=account,
        label=_label(account.code),
        opening_minor=opening,
        debit_minor=debit,
        credit_minor=credit,
        closing_minor=opening + debit - credit,
    )


def _label(code: str) -> str:
    # A code outside the chart is for ledger_verify to report, not a reason to hide the trial balance.
    with suppress(chart.UnknownAccountCode):
        return chart.label(code, get_language() or "fr")
    return code


def _number(statement: str, values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])
