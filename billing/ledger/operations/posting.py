"""Posting entries: one, a batch, a batch of which some may be refused; and taking an entry back."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import DatabaseError, Error, connection, transaction

from billing.ids import spelled
from billing.ledger import arrays, chart, entry_ids, queries
from billing.ledger.draft import AccountKey, EntryDraft, Line, WhenClosed, line_order
from billing.ledger.facts import EntryFact
from billing.ledger.operations.batch import Batch, detailed, refusal
from billing.ledger.refusals import AlreadyReversed, KeyReused, LedgerRefusal

_NOT_USUAL = ("LG000", "22003")  # ledger_post_many says what it is
_ONE = """
SELECT ledger_post(
    %s, %s, %s, %s, %s, %s, %s, %s, %s::text[], %s::text[], %s::text[], %s::smallint[], %s::bigint[]
)
"""
_BATCH = """
SELECT ledger_post_batch(
    %s, %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s, %s::text[], %s::text[],
    %s::text[], %s::smallint[], %s::int[], %s::int[], %s::bigint[]
)
"""
_MANY = """
SELECT entry_id, recorded_at, happened_at, outcome, refusal
FROM ledger_post_many(
    %s, %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::uuid[], %s::uuid[],
    %s::boolean[], %s::boolean[], %s, %s, %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bigint[]
)
ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft of a batch that was not written, and why."""

    draft: EntryDraft
    reason: LedgerRefusal | chart.UnknownAccountCode


def post(*, draft: EntryDraft, at: datetime) -> EntryFact:
    """Write one entry. The same draft again gives the first entry and writes nothing.

    :raises KeyReused: the key stands for other content.
    :raises LimitExceeded: an account would go beyond its limit.
    :raises PeriodClosed: it belongs to a closed month, and the draft does not say `COUNT_LATER`.
    :raises FromTheFuture: it happened more than five minutes after `at`.
    :raises UnknownAccountCode: a line names an account outside the chart.
    :raises BalanceOutOfRange: a balance would leave BIGINT.
    """
    return _post_usual(draft, at) or _write_exactly(Batch.of([draft]), at=at)[0]


def post_many(*, drafts: Sequence[EntryDraft], at: datetime) -> tuple[EntryFact, ...]:
    """Write a batch, one round trip a legal entity: all of it, or nothing. What was written before is given as it is.

    An operation with several entries passes them as one batch: calls that follow each other in one transaction could
    meet another transaction's in a deadlock, one batch cannot.

    :raises LedgerRefusal: as `post`; nothing of the batch was written.
    """
    if not drafts:
        return ()
    if len({draft.entity for draft in drafts}) == 1:
        return write(drafts=drafts, at=at)
    with transaction.atomic():
        written: dict[int, EntryFact] = {}
        for _, group in groupby(sorted(enumerate(drafts), key=_by_entity), key=_by_entity):
            places, together = zip(*group, strict=True)
            written |= dict(zip(places, write(drafts=together, at=at), strict=True))
    return tuple(written[place] for place in range(len(drafts)))


def post_each(*, drafts: Sequence[EntryDraft], at: datetime) -> tuple[EntryFact | Refused, ...]:
    """Write a batch, entry by entry in the order given: those refused are answered with the reason, the others written.

    A reused key is a refusal too; a second draft of a key that was refused in this batch is refused as the first was.
    Costs what `post_many` costs.
    """
    answers: dict[int, EntryFact | Refused] = {}
    known: list[tuple[int, EntryDraft]] = []
    for place, draft in enumerate(drafts):
        if reason := _outside_the_chart(draft):
            answers[place] = Refused(draft, reason)
        else:
            known.append((place, draft))
    for _, group in groupby(sorted(known, key=_by_entity), key=_by_entity):
        places, together = zip(*group, strict=True)
        batch = Batch.of(together)
        usual = _post_usual_batch(batch, at)
        if usual is None:
            rows = _call(batch, at=at, keep_going=True)
            answers |= dict(zip(places, map(_answer, together, rows), strict=True))
        else:
            answers |= dict(zip(places, usual, strict=True))
    return tuple(answers[place] for place in range(len(drafts)))


def reverse(*, entry_ref: str, key: str, reason: str, at: datetime, lines: Sequence[Line] | None = None) -> EntryFact:
    """Take an entry back, once: by its mirror image, or in part by `lines`. The same key again gives the same reversal.

    `lines` are the reversal's own: balanced, against the entry's, no account beyond what it had.

    :raises NoSuchEntry: there is no such entry.
    :raises AlreadyReversed: it was taken back under another key.
    :raises MoreThanThere: `lines` take back more than was there.
    :raises KeyReused: the key stands for something else: another entry, other lines, another reason.
    :raises LimitExceeded: what is to be taken back is no longer there.
    """
    there = queries.entry(entry_ref)
    draft = _mirror(there, lines=lines, key=key, reason=reason, at=at)
    if earlier := _reversal(there, draft):
        return earlier
    try:
        return write(drafts=[draft], at=at, reversed_refs=[entry_ref])[0]
    except (AlreadyReversed, KeyReused):
        # Somebody else took it back in the meantime: with our key that is our own second click.
        if earlier := _reversal(queries.entry(entry_ref), draft):
            return earlier
        raise


def write(
    *,
    drafts: Sequence[EntryDraft],
    at: datetime,
    reversed_refs: Sequence[str] | None = None,
    hold_refs: Sequence[str] | None = None,
    also: Sequence[AccountKey] = (),
) -> tuple[EntryFact, ...]:
    """Drafts of one legal entity, all or nothing; with what they reverse or settle."""
    batch = Batch.of(drafts, also=also)
    if reversed_refs is None and hold_refs is None and not also and (usual := _post_usual_batch(batch, at)):
        return tuple(usual)
    return _write_exactly(batch, at=at, reversed_refs=reversed_refs, hold_refs=hold_refs)


def _write_exactly(
    batch: Batch,
    *,
    at: datetime,
    reversed_refs: Sequence[str] | None = None,
    hold_refs: Sequence[str] | None = None,
) -> tuple[EntryFact, ...]:
    """By `ledger_post_many`, which knows everything that can be the matter."""
    drafts = batch.drafts
    with transaction.atomic():
        rows = _call(batch, at=at, reversed_refs=reversed_refs, hold_refs=hold_refs)
        if reused := [draft.key for draft, row in zip(drafts, rows, strict=True) if row[3] == "key_reused"]:
            raise KeyReused(f"stands for other content: {', '.join(reused)}")  # and what was written rolls back
    none: list[str | None] = [None] * len(drafts)
    facts = tuple(
        _fact(draft, row, reverses=reverses, settles=settles)
        for draft, row, reverses, settles in zip(drafts, rows, reversed_refs or none, hold_refs or none, strict=True)
    )
    for fact, reverses, settles in zip(facts, reversed_refs or none, hold_refs or none, strict=True):
        # A replay may be an entry of the same content that takes nothing back, or settles nothing.
        if (reverses and fact.reverses != reverses) or (settles and fact.settles != settles):
            raise KeyReused(f"stands for another entry: {fact.key}")
    return facts


def _call(
    batch: Batch,
    *,
    at: datetime,
    keep_going: bool = False,
    reversed_refs: Sequence[str] | None = None,
    hold_refs: Sequence[str] | None = None,
) -> list[tuple[Any, ...]]:
    arguments = [
        batch.entity,
        arrays.uuids(entry_ids.new(len(batch.drafts), at)),
        *batch.entry_arrays(),
        batch.happened_array(),
        None if reversed_refs is None else [entry_ids.to_uuid(ref) for ref in reversed_refs],
        None if hold_refs is None else [entry_ids.to_uuid(ref, prefix=entry_ids.HOLD) for ref in hold_refs],
        batch.closings(),
        batch.lates(),
        at,
        keep_going,
        *batch.account_arrays(),
        *batch.line_arrays(),
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MANY, arguments)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    except Error as error:
        raise refusal(error) from error


def _post_usual(draft: EntryDraft, at: datetime) -> EntryFact | None:
    """The entry by the short way (`ledger_post`); None when it is not usual, and then nothing was written."""
    if draft.closing:
        return None
    (entry_id,) = entry_ids.new(1, at)
    lines = sorted(draft.lines, key=line_order)
    accounts = [line.account for line in lines]
    recorded_at = _usual(
        _ONE,
        [
            draft.entity,
            UUID(bytes=entry_id),
            draft.key,
            draft.journal,
            draft.description,
            draft.source_ref,
            draft.happened_at,
            at,
            arrays.texts([account.code for account in accounts]),
            arrays.texts([account.currency for account in accounts]),
            arrays.texts([account.holder for account in accounts]),
            arrays.numbers(chart.account(account.code).stripes for account in accounts),
            arrays.numbers(line.amount_minor for line in lines),
        ],
    )
    return None if recorded_at is None else _new(draft, entry_id=entry_id, recorded_at=recorded_at)


def _post_usual_batch(batch: Batch, at: datetime) -> list[EntryFact] | None:
    """The batch by the short way (`ledger_post_batch`); None when it is not usual, and then nothing was written."""
    if any(draft.closing for draft in batch.drafts):
        return None
    ids = entry_ids.new(len(batch.drafts), at)
    recorded_at = _usual(
        _BATCH,
        [
            batch.entity,
            arrays.uuids(ids),
            *batch.entry_arrays(),
            batch.happened_array(),
            at,
            *batch.account_arrays(),
            batch.stripe_array(),
            *batch.line_arrays(),
        ],
    )
    if recorded_at is None:
        return None
    return [
        _new(draft, entry_id=entry_id, recorded_at=recorded_at)
        for draft, entry_id in zip(batch.drafts, ids, strict=True)
    ]


def _usual(statement: str, arguments: list[Any]) -> datetime | None:
    """When it was recorded; None: nothing was written."""
    # One statement is a transaction by itself; within another it needs a savepoint, to go on when it was not usual.
    within = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with within, connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            recorded_at: datetime | None = cursor.fetchone()[0]
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) in _NOT_USUAL:
            return None
        raise refusal(error) from error
    return recorded_at


def _answer(draft: EntryDraft, row: tuple[Any, ...]) -> EntryFact | Refused:
    if row[3] == "key_reused":
        return Refused(draft, KeyReused(f"stands for other content: {draft.key}"))
    if row[3] == "refused":
        return Refused(draft, detailed(_loaded(row[4])))
    return _fact(draft, row)


def _loaded(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else json.loads(value)


def _fact(
    draft: EntryDraft, row: tuple[Any, ...], *, reverses: str | None = None, settles: str | None = None
) -> EntryFact:
    entry_id, recorded_at, happened_at, outcome = row[:4]
    stored = entry_id if isinstance(entry_id, UUID) else UUID(entry_id)
    if outcome == "replayed":
        return queries.entry(entry_ids.from_uuid(stored))  # by now it may have been reversed
    return replace(
        _new(draft, entry_id=stored.bytes, recorded_at=recorded_at),
        happened_at=happened_at,
        late_from=draft.happened_at if happened_at != draft.happened_at else None,
        reverses=reverses,
        settles=settles,
    )


def _new(draft: EntryDraft, *, entry_id: bytes, recorded_at: datetime) -> EntryFact:
    return EntryFact(
        id=entry_ids.PREFIX + spelled(entry_id),
        key=draft.key,
        journal=draft.journal,
        description=draft.description,
        source_ref=draft.source_ref,
        happened_at=draft.happened_at,
        recorded_at=recorded_at,
    )


def _reversal(there: EntryFact, draft: EntryDraft) -> EntryFact | None:
    if there.reversed_by is None:
        return None
    earlier = queries.entry(there.reversed_by)
    if earlier.key != draft.key:
        raise AlreadyReversed(f"{there.id} was taken back by {earlier.id} ({earlier.key})")
    return as_before(earlier, draft)


def as_before(earlier: EntryFact, draft: EntryDraft) -> EntryFact:
    """The entry of this key, when it says what the draft says; a moment of its own it may have.

    :raises KeyReused: it says something else.
    """
    there = sorted((line.account, line.amount_minor) for line in queries.entry_lines(earlier.id))
    asked = sorted((line.account, line.amount_minor) for line in draft.lines)
    if there != asked or earlier.description != draft.description:
        raise KeyReused(f"stands for other content: {draft.key}")
    return earlier


def _mirror(there: EntryFact, *, lines: Sequence[Line] | None, key: str, reason: str, at: datetime) -> EntryDraft:
    if lines is None:
        lines = [Line(line.account, -line.amount_minor) for line in queries.entry_lines(there.id)]
    return EntryDraft(
        key=key,
        journal=there.journal,
        happened_at=at,
        description=reason,
        source_ref=there.source_ref,
        lines=lines,
        when_closed=WhenClosed.COUNT_LATER,
    )


def _outside_the_chart(draft: EntryDraft) -> chart.UnknownAccountCode | None:
    try:
        for line in draft.lines:
            chart.account(line.account.code)
    except chart.UnknownAccountCode as reason:
        return reason
    return None


def _by_entity(numbered: tuple[int, EntryDraft]) -> str:
    return numbered[1].entity
