"""Entries and their lines, and the journal as a stream."""

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from billing.ledger import entry_ids
from billing.ledger.draft import AccountKey
from billing.ledger.facts import BookedFact, EntryFact, PostingFact
from billing.ledger.snapshot import streamed


class NoSuchEntry(Exception):
    """No entry has this id."""


ENTRY_COLUMNS = """
entry.id, entry.key, entry.journal, entry.description, entry.source_ref, entry.happened_at, entry.recorded_at,
entry.late_from, reverses.reversed_id, reversed_by.reversing_id, settles.hold_id
"""
ENTRY_LINKS = """
LEFT JOIN ledger_reversal reverses ON reverses.reversing_id = entry.id
LEFT JOIN ledger_reversal reversed_by ON reversed_by.reversed_id = entry.id
LEFT JOIN ledger_holdend settles ON settles.entry_id = entry.id
"""
_ENTRY_WIDTH = 11

LINE_COLUMNS = (
    ENTRY_COLUMNS
    + ", account.entity, account.code, account.currency, account.holder, line.amount_minor, line.balance_after"
)
LINES = f"""
FROM ledger_journalentry entry
JOIN ledger_posting line ON line.entry_id = entry.id
JOIN ledger_account account ON account.id = line.account_id
{ENTRY_LINKS}
"""


_BOOKED = """
SELECT entry.id, entry.entity, entry.key, entry.source_ref, coalesce(entry.late_from, entry.happened_at),
       reverses.reversed_id IS NOT NULL, told.lines
FROM ledger_journalentry entry
LEFT JOIN ledger_reversal reverses ON reverses.reversing_id = entry.id
JOIN (
    SELECT line.entry_id,
           json_agg(json_build_array(account.entity, account.code, account.currency, account.holder, line.amount_minor)
                    ORDER BY account.entity, account.code, account.currency, account.holder, line.amount_minor) AS lines
    FROM ledger_posting line
    JOIN ledger_account account ON account.id = line.account_id
    WHERE line.entry_id IN (SELECT id FROM ledger_journalentry WHERE starts_with(key, %(prefix)s))
    GROUP BY line.entry_id
) AS told ON told.entry_id = entry.id
WHERE starts_with(entry.key, %(prefix)s)
ORDER BY entry.id
"""


def entry(entry_ref: str) -> EntryFact:
    """
    :raises NoSuchEntry: no entry has this id.
    """
    try:
        found = _facts("entry.id = %s", [entry_ids.to_uuid(entry_ref)])
    except entry_ids.NotAnEntryId:
        found = []
    if not found:
        raise NoSuchEntry(entry_ref)
    return found[0]


def entries_by_key(keys: Collection[str]) -> Mapping[str, EntryFact]:
    """The entries that hold these idempotency keys; keys that hold none are left out."""
    found = _facts("entry.id IN (SELECT entry_id FROM ledger_entrykey WHERE key = ANY (%s))", [list(keys)])
    return {fact.key: fact for fact in found}


def entry_lines(entry_ref: str) -> tuple[PostingFact, ...]:
    """The lines of an entry: debits first, each side in order of the chart. None for an entry that does not exist.

    `balance_minor` is that of the account's row the line went to, which for an account in stripes is a part of it.
    """
    try:
        entry_id = entry_ids.to_uuid(entry_ref)
    except entry_ids.NotAnEntryId:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LINE_COLUMNS} {LINES} WHERE entry.id = %s", [entry_id])
        return tuple(sorted(map(line_fact, cursor.fetchall()), key=_debits_first))


def booked(*, prefix: str) -> Iterator[BookedFact]:
    """Every entry whose key begins with `prefix`, in order of its id. Streams; for whoever checks all of them."""
    for entry_id, entity, key, source_ref, happened_at, is_reversal, lines in streamed(_BOOKED, {"prefix": prefix}):
        yield BookedFact(
            id=entry_ids.from_uuid(entry_id),
            entity=entity,
            key=key,
            source_ref=source_ref,
            happened_at=happened_at,
            is_reversal=is_reversal,
            lines=tuple((AccountKey(*account), amount) for *account, amount in lines),
        )


def journal(
    *,
    entity: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    journal: str | None = None,
    known_at: datetime | None = None,
) -> Generator[tuple[PostingFact, ...], None, None]:
    """Every entry's lines, in the order things happened. Streams: holds one entry and a page of rows at a time.

    Close it when you stop before its end (`contextlib.closing`): its cursor must not wait for the garbage collector,
    which may come by in the middle of another statement of this connection and then hangs.
    """
    wanted = {"entity": entity, "since": since, "until": until, "journal": journal, "known_at": known_at}
    statement = f"""
        SELECT {LINE_COLUMNS} {LINES}
        WHERE (%(entity)s::text IS NULL OR entry.entity = %(entity)s)
          AND (%(journal)s::text IS NULL OR entry.journal = %(journal)s)
          AND (%(since)s::timestamptz IS NULL OR entry.happened_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR entry.happened_at < %(until)s)
          AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
        ORDER BY entry.happened_at, entry.id
    """
    for _, rows in groupby(streamed(statement, wanted), key=itemgetter(0)):
        yield tuple(sorted(map(line_fact, rows), key=_debits_first))


def entry_fact(row: Sequence[Any]) -> EntryFact:
    """From a row of `ENTRY_COLUMNS`."""
    entry_id, key, journal, description, source_ref, happened_at, recorded_at, late_from = row[:8]
    reverses, reversed_by, settles = row[8:_ENTRY_WIDTH]
    return EntryFact(
        id=entry_ids.from_uuid(entry_id),
        key=key,
        journal=journal,
        description=description,
        source_ref=source_ref,
        happened_at=happened_at,
        recorded_at=recorded_at,
        late_from=late_from,
        reverses=_ref(reverses),
        reversed_by=_ref(reversed_by),
        settles=None if settles is None else entry_ids.from_uuid(settles, prefix=entry_ids.HOLD),
    )


def line_fact(row: Sequence[Any]) -> PostingFact:
    """From a row of `LINE_COLUMNS`."""
    return PostingFact(
        entry=entry_fact(row),
        account=AccountKey(*row[_ENTRY_WIDTH : _ENTRY_WIDTH + 4]),
        amount_minor=row[-2],
        balance_minor=int(row[-1]),
    )


def _facts(condition: str, values: Sequence[Any]) -> list[EntryFact]:
    statement = f"SELECT {ENTRY_COLUMNS} FROM ledger_journalentry entry {ENTRY_LINKS} WHERE {condition}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [entry_fact(row) for row in cursor.fetchall()]


def _ref(entry_id: UUID | None) -> str | None:
    return None if entry_id is None else entry_ids.from_uuid(entry_id)


def _debits_first(line: PostingFact) -> tuple[bool, AccountKey, int]:
    return (line.amount_minor < 0, line.account, line.amount_minor)
