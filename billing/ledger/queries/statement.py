"""The statement of one account: its lines, with the balance after each.

Paged by key, not by counting: a page of the millionth line costs what the first one does. An entry's lines are never
parted, so the entry a page ends with says where the next one begins.
"""

from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from billing.ledger import entry_ids
from billing.ledger.draft import AccountKey
from billing.ledger.facts import PostingFact, StatementFact
from billing.ledger.queries.balances import balance
from billing.ledger.queries.entries import ENTRY_COLUMNS, ENTRY_LINKS, NoSuchEntry, line_fact

# Lines that count within the stretch were recorded after its beginning, and by its end plus the account's lag.
_STATEMENT = f"""
SELECT {ENTRY_COLUMNS}, account.entity, account.code, account.currency, account.holder,
       row_number() OVER so_far AS place, line.amount_minor, %(opening)s + sum(line.amount_minor) OVER so_far AS balance
FROM ledger_account account
JOIN ledger_accountbalance held ON held.account_id = account.id
JOIN ledger_posting line
  ON line.account_id = held.account_id AND line.stripe = held.stripe
 AND line.recorded_at >= %(since)s
 AND (%(until)s = 'infinity'::timestamptz
      OR line.recorded_at < %(until)s::timestamptz + held.lag_us * interval '1 microsecond')
 AND line.recorded_at <= %(known_at)s
JOIN ledger_journalentry entry
  ON entry.id = line.entry_id AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
 AND (entry.happened_at, entry.recorded_at, entry.id) > (%(after_happened)s, %(after_recorded)s, %(after_id)s)
{ENTRY_LINKS}
WHERE account.id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
WINDOW so_far AS (ORDER BY entry.happened_at, entry.recorded_at, entry.id, line.stripe, line.account_version)
"""  # noqa: S608  constants

_FIRST = f"""
SELECT * FROM ({_STATEMENT}) AS line
ORDER BY happened_at, recorded_at, id FETCH FIRST %(limit)s ROWS WITH TIES
"""  # noqa: S608  constants
_LAST = f"SELECT * FROM ({_STATEMENT}) AS line ORDER BY place DESC LIMIT %(limit)s"  # noqa: S608  constants
_FIRST_OF_SOURCE = f"""
SELECT * FROM ({_STATEMENT}) AS line
WHERE (source_ref = %(source)s OR key = %(source)s)
  AND (happened_at, recorded_at, id) > (%(shown_happened)s, %(shown_recorded)s, %(shown_id)s)
ORDER BY happened_at, recorded_at, id FETCH FIRST %(limit)s ROWS WITH TIES
"""  # noqa: S608  constants

# How far the first lines reach: as many as asked for, in the order they were recorded, which is that of the index. The
# first in the order they count happened no later than the last of these.
_REACH = """
SELECT max(first.happened_at), count(*)
FROM (
    SELECT seen.happened_at
    FROM ledger_accountbalance held
    CROSS JOIN LATERAL (
        SELECT line.recorded_at, entry.happened_at
        FROM ledger_posting line
        JOIN ledger_journalentry entry ON entry.id = line.entry_id
        WHERE line.account_id = held.account_id AND line.stripe = held.stripe
          AND line.recorded_at >= %(since)s AND line.recorded_at <= %(known_at)s
          AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
          AND (entry.happened_at, entry.recorded_at, entry.id) > (%(after_happened)s, %(after_recorded)s, %(after_id)s)
        ORDER BY line.recorded_at, line.account_version
        LIMIT %(limit)s
    ) AS seen
    WHERE held.account_id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
    ORDER BY seen.recorded_at
    LIMIT %(limit)s
) AS first
"""

# What the page before ended with: lines of the same moment, up to its last entry.
_SAME_MOMENT = """
SELECT coalesce(sum(line.amount_minor), 0)
FROM ledger_accountbalance held
JOIN ledger_posting line
  ON line.account_id = held.account_id AND line.stripe = held.stripe
 AND line.recorded_at >= %(after_happened)s
 AND line.recorded_at <= %(after_happened)s::timestamptz + held.lag_us * interval '1 microsecond'
 AND line.recorded_at <= %(known_at)s
JOIN ledger_journalentry entry
  ON entry.id = line.entry_id AND entry.happened_at = %(after_happened)s
 AND (entry.recorded_at, entry.id) <= (%(after_recorded)s, %(after_id)s)
WHERE held.account_id = ledger_account_id(%(entity)s, %(code)s, %(currency)s, %(holder)s)
"""

_PLACE = "SELECT happened_at, recorded_at, id FROM ledger_journalentry WHERE id = %s"
_BEFORE_ALL = {
    "after_happened": "-infinity",
    "after_recorded": "-infinity",
    "after_id": "00000000-0000-0000-0000-000000000000",
}


def statement(
    *,
    account: AccountKey,
    since: datetime | None = None,
    until: datetime | None = None,
    known_at: datetime | None = None,
    source: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> StatementFact:
    """What counts in `since <= happened_at < until`, oldest first, with the running balance; as known then, or now.

    `after` is the entry the page before ended with; `opening_minor` is then the balance after it. A page has at most
    `limit` lines, or all of one entry if that has more; after such a one the next page may be empty. `source` shows the
    lines of one document (`inv_…`, `pay_…`) or key alone; their balances stay those of the account, for which the whole
    stretch is read.

    :raises NoSuchEntry: nothing has the id `after`.
    """
    asked = _asked(account, since, until, known_at) | {"source": source, "limit": limit + 1}
    place = None if after is None else _place(after)
    opening = opening_of_page = _opening(account, since, known_at)
    if place is not None and (since is None or since <= place["after_happened"]):
        opening_of_page = _balance_at(account, asked | place, known_at)
        asked |= {} if source else place | {"since": place["after_happened"]}
    if source is None:
        lines = _page(asked | {"opening": opening_of_page})
    else:
        lines = _page_of_source(asked | {"opening": opening}, place or _BEFORE_ALL)
    shown = _whole_entries(lines, limit)
    return StatementFact(
        account=account,
        opening_minor=opening_of_page,
        lines=shown,
        closing_minor=shown[-1].balance_minor if shown else opening_of_page,
        is_complete=len(lines) <= limit,
    )


def account_statement(
    *, account: AccountKey, since: datetime | None = None, until: datetime | None = None, limit: int = 200
) -> tuple[PostingFact, ...]:
    """The account's last lines in a stretch of time, newest first, each with the balance after it."""
    values = _asked(account, since, until, None)
    return _lines(_LAST, values | {"opening": _opening(account, since, None), "limit": limit})


def _page(values: dict[str, Any]) -> tuple[PostingFact, ...]:
    """One line more than the page holds, and the rest of that line's entry."""
    with connection.cursor() as cursor:
        cursor.execute(_REACH, values)
        reach, count = cursor.fetchone()
    if not count:
        return ()
    # Nothing later than the reach can be on the page; `until` is the first moment that is not read.
    values = values | {"until": reach + reach.resolution}
    return _lines(_FIRST, values)


def _page_of_source(values: dict[str, Any], place: dict[str, Any]) -> tuple[PostingFact, ...]:
    shown = {name.replace("after", "shown"): value for name, value in place.items()}
    return _lines(_FIRST_OF_SOURCE, values | shown)


def _lines(sql: str, values: dict[str, Any]) -> tuple[PostingFact, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return tuple(line_fact(row) for row in cursor.fetchall())


def _whole_entries(lines: tuple[PostingFact, ...], limit: int) -> tuple[PostingFact, ...]:
    """As many whole entries as fit, but at least one."""
    kept: tuple[PostingFact, ...] = ()
    for _, entry_lines in groupby(lines, key=lambda line: line.entry.id):
        longer = (*kept, *entry_lines)
        if kept and len(longer) > limit:
            break
        kept = longer
    return kept


def _place(entry_ref: str) -> dict[str, Any]:
    """Where an entry stands in the order lines count."""
    try:
        entry_id = entry_ids.to_uuid(entry_ref)
    except entry_ids.NotAnEntryId:
        raise NoSuchEntry(entry_ref) from None
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [entry_id])
        row = cursor.fetchone()
    if row is None:
        raise NoSuchEntry(entry_ref)
    return dict(zip(_BEFORE_ALL, row, strict=True))


def _balance_at(account: AccountKey, values: dict[str, Any], known_at: datetime | None) -> int:
    before = balance(account, as_of=_just_before(values["after_happened"]), known_at=known_at)
    with connection.cursor() as cursor:
        cursor.execute(_SAME_MOMENT, values)
        return before + int(cursor.fetchone()[0])


def _opening(account: AccountKey, since: datetime | None, known_at: datetime | None) -> int:
    return 0 if since is None else balance(account, as_of=_just_before(since), known_at=known_at)


def _asked(
    account: AccountKey, since: datetime | None, until: datetime | None, known_at: datetime | None
) -> dict[str, Any]:
    return {
        "since": since or "-infinity",
        "until": until or "infinity",
        "known_at": known_at or "infinity",
        "entity": account.entity,
        "code": account.code,
        "currency": account.currency,
        "holder": account.holder,
        **_BEFORE_ALL,
    }


def _just_before(moment: datetime) -> datetime:
    return moment - moment.resolution
