"""Everything that writes to the ledger: post, post a batch, reverse. Reads no clock: callers pass `at`.

All of it goes through the SQL function `ledger_post_many` (migrations/0001_posting.sql).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg.errors
from django.db import DataError, IntegrityError, connection, transaction

from billing.ids import new_id
from billing.ledger import chart, entry_ids, queries
from billing.ledger.chart import UnknownAccountCode as UnknownAccountCode
from billing.ledger.draft import AccountKey, EntryDraft, Line
from billing.ledger.facts import EntryFact, PostingFact


class KeyReused(Exception):
    """The key already stands for an entry with other content."""


class AlreadyReversed(Exception):
    """The entry has been taken back before, under another key."""


class BalanceOutOfRange(Exception):
    """An account's balance would leave the range of a BIGINT."""


_CALL = """
SELECT entry_id, recorded_at, outcome
FROM ledger_post_many(
    %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::uuid[], %s,
    %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bigint[]
)
ORDER BY place
"""


def post(*, draft: EntryDraft, at: datetime) -> EntryFact:
    """Write one entry. The same draft again gives the first entry and writes nothing.

    :raises KeyReused: the key stands for other content.
    :raises UnknownAccountCode: a line names an account outside the chart.
    :raises BalanceOutOfRange: a balance would leave BIGINT.
    """
    return post_many(drafts=[draft], at=at)[0]


def post_many(*, drafts: Sequence[EntryDraft], at: datetime) -> tuple[EntryFact, ...]:
    """Write a batch in one round trip: all of it, or nothing. Entries already written are returned as they are.

    An operation with several entries passes them as one batch: calls that follow each other in one transaction could
    meet another transaction's in a deadlock, one batch cannot.

    :raises KeyReused: a key stands for other content; nothing of the batch was written.
    :raises UnknownAccountCode: a line names an account outside the chart.
    :raises BalanceOutOfRange: a balance would leave BIGINT.
    """
    return _write(drafts=drafts, reversed_refs=[None] * len(drafts), at=at)


def reverse(*, entry_ref: str, key: str, reason: str, at: datetime) -> EntryFact:
    """Take an entry back, once, by its mirror image. The same key again gives the same reversal.

    :raises NoSuchEntry: there is no such entry.
    :raises AlreadyReversed: it was taken back under another key.
    :raises KeyReused: the key stands for something else.
    """
    if earlier := _reversal(entry_ref=entry_ref, key=key):
        return earlier
    mirror = _mirror(lines=queries.entry_lines(entry_ref), key=key, reason=reason, at=at)
    try:
        return _write(drafts=[mirror], reversed_refs=[entry_ref], at=at)[0]
    except (AlreadyReversed, KeyReused):
        # Somebody else took it back in the meantime: with our key that is our own second click.
        if earlier := _reversal(entry_ref=entry_ref, key=key):
            return earlier
        raise


def _reversal(*, entry_ref: str, key: str) -> EntryFact | None:
    reversed_by = queries.entry(entry_ref).reversed_by
    if reversed_by is None:
        return None
    earlier = queries.entry(reversed_by)
    if earlier.key != key:
        raise AlreadyReversed(f"{entry_ref} was taken back by {earlier.id} ({earlier.key})")
    return earlier


def _mirror(*, lines: Sequence[PostingFact], key: str, reason: str, at: datetime) -> EntryDraft:
    entry = lines[0].entry
    return EntryDraft(
        key=key,
        journal=entry.journal,
        happened_at=at,
        description=reason,
        source_ref=entry.source_ref,
        lines=[Line(line.account, -line.amount_minor) for line in lines],
    )


def _write(*, drafts: Sequence[EntryDraft], reversed_refs: Sequence[str | None], at: datetime) -> tuple[EntryFact, ...]:
    if not drafts:
        return ()
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            cursor.execute(_CALL, _Batch.of(drafts=drafts, reversed_refs=reversed_refs, at=at).arguments())
        except (IntegrityError, DataError) as error:
            raise _refusal(error) from error
        answers = cursor.fetchall()
        if reused := [draft.key for draft, answer in zip(drafts, answers, strict=True) if answer[2] == "key_reused"]:
            raise KeyReused(f"stands for other content: {', '.join(reused)}")  # and what was written rolls back
    return tuple(
        _fact(draft=draft, answer=answer, reverses=reverses)
        for draft, answer, reverses in zip(drafts, answers, reversed_refs, strict=True)
    )


def _refusal(error: Exception) -> Exception:
    """The fact behind PostgreSQL's error, where it has a name of ours; else the error itself, which is a bug."""
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.NumericValueOutOfRange):
        return BalanceOutOfRange(cause.diag.message_primary or "")
    if isinstance(cause, psycopg.errors.UniqueViolation) and cause.diag.table_name == "ledger_reversal":
        return AlreadyReversed(cause.diag.message_detail or "")
    return error


def _fact(*, draft: EntryDraft, answer: tuple[UUID, datetime, str], reverses: str | None) -> EntryFact:
    entry_id, recorded_at, outcome = answer
    entry_ref = entry_ids.from_uuid(entry_id)
    if outcome == "replayed":
        return queries.entry(entry_ref)  # by now it may have been reversed
    return EntryFact(
        id=entry_ref,
        key=draft.key,
        journal=draft.journal,
        description=draft.description,
        source_ref=draft.source_ref,
        happened_at=draft.happened_at,
        recorded_at=recorded_at,
        reverses=reverses,
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """Drafts turned on their side: one array for each parameter of the SQL function."""

    entries: Sequence[tuple[Any, ...]]  # id, key, entity, journal, description, source_ref, happened_at, reversed id
    accounts: Sequence[AccountKey]
    lines: Sequence[tuple[int, int, int]]  # entry, account, amount; positions count from 1
    recorded_at: datetime

    @classmethod
    def of(cls, *, drafts: Sequence[EntryDraft], reversed_refs: Sequence[str | None], at: datetime) -> "_Batch":
        positions: dict[AccountKey, int] = {}
        entries, lines = [], []
        for number, (draft, reversed_ref) in enumerate(zip(drafts, reversed_refs, strict=True), start=1):
            entries.append(_entry_row(draft=draft, reversed_ref=reversed_ref, at=at))
            for line in draft.lines:
                chart.account(line.account.code)
                position = positions.setdefault(line.account, len(positions) + 1)
                lines.append((number, position, line.amount_minor))
        return cls(entries=entries, accounts=tuple(positions), lines=lines, recorded_at=at)

    def arguments(self) -> list[Any]:
        accounts = [(account.entity, account.code, account.currency, account.holder) for account in self.accounts]
        return [*_columns(self.entries), self.recorded_at, *_columns(accounts), *_columns(self.lines)]


def _entry_row(*, draft: EntryDraft, reversed_ref: str | None, at: datetime) -> tuple[Any, ...]:
    return (
        entry_ids.to_uuid(new_id("jrn", at)),
        draft.key,
        draft.lines[0].account.entity,
        draft.journal,
        draft.description,
        draft.source_ref,
        draft.happened_at,
        entry_ids.to_uuid(reversed_ref) if reversed_ref else None,
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
