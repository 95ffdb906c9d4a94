"""Two-phase: promise an entry, then settle it, wholly or in part, or let it go. What is promised is promised once."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import Error, connection, transaction

from billing.ledger import arrays, entry_ids, queries
from billing.ledger.draft import EntryDraft, Line
from billing.ledger.facts import EntryFact, HoldFact
from billing.ledger.operations.batch import Batch, refusal
from billing.ledger.operations.posting import as_before, write
from billing.ledger.refusals import HoldEnded, HoldExpired, KeyReused

_HOLD = """
SELECT hold_id, recorded_at, outcome
FROM ledger_hold_many(
    %s, %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s,
    %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bigint[]
)
ORDER BY place
"""
_EXPIRED = """
SELECT hold_id FROM ledger_openhold WHERE expires_at <= %s ORDER BY expires_at, hold_id LIMIT %s
"""


def hold(*, draft: EntryDraft, expires_at: datetime | None, at: datetime) -> HoldFact:
    """Promise an entry: it counts against limits until it is settled, voided, or `expires_at` (None: for ever).

    The same draft again gives the first hold. Its `happened_at` is not used: an entry happens when it is settled.

    :raises LimitExceeded: what is promised is not there, or would be too much.
    :raises KeyReused: the key stands for another hold.
    :raises HoldExpired: it would be over already.
    """
    return hold_many(drafts=[draft], expires_at=expires_at, at=at)[0]


def hold_many(*, drafts: Sequence[EntryDraft], expires_at: datetime | None, at: datetime) -> tuple[HoldFact, ...]:
    """Promise a batch of entries: all of them or none.

    :raises LedgerRefusal: as `hold`.
    """
    if expires_at is not None and expires_at <= at:
        raise HoldExpired(f"{expires_at:%Y-%m-%d %H:%M:%S} is over")
    refs: dict[str, str] = {}
    with transaction.atomic():
        for _, group in groupby(sorted(drafts, key=lambda draft: draft.entity), key=lambda draft: draft.entity):
            refs |= _hold_of_one_entity(tuple(group), expires_at=expires_at, at=at)
    return tuple(queries.hold(refs[draft.key]) for draft in drafts)


def post_hold(
    *, hold_ref: str, key: str, at: datetime, happened_at: datetime | None = None, lines: Sequence[Line] | None = None
) -> EntryFact:
    """Settle a hold by its entry, or by part of it: the rest is free again. The same key again gives the same entry.

    `lines` have the hold's accounts and signs, balanced, no amount beyond what was held. Without `happened_at` the
    entry happens at `at`.

    :raises NoSuchHold: there is no such hold.
    :raises HoldEnded: it was settled under another key, voided or swept.
    :raises KeyReused: it was settled under this key by other lines.
    :raises HoldExpired: its time is over.
    :raises MoreThanThere: `lines` go beyond the hold.
    :raises LedgerRefusal: as `post`.
    """
    there = queries.hold(hold_ref)
    held = queries.hold_lines(hold_ref)
    draft = EntryDraft(
        key=key,
        journal=there.journal,
        happened_at=happened_at or at,
        description=there.description,
        source_ref=there.source_ref,
        lines=held if lines is None else lines,
    )
    if there.outcome is not None:
        return _settled_before(there, draft)
    try:
        return write(drafts=[draft], at=at, hold_refs=[hold_ref], also=[line.account for line in held])[0]
    except HoldEnded:
        # Somebody else settled it in the meantime: with our key that is our own second attempt.
        return _settled_before(queries.hold(hold_ref), draft)


def void_hold(*, hold_ref: str, reason: str, at: datetime) -> HoldFact:
    """Let a hold go: what it promised is free again. Again: nothing.

    :raises NoSuchHold: there is no such hold.
    :raises HoldEnded: it was settled, or its time was over.
    """
    there = queries.hold(hold_ref)
    if there.outcome is None:
        _end([hold_ref], outcome="voided", reason=reason, at=at)
        there = queries.hold(hold_ref)
    if there.outcome != "voided":
        raise HoldEnded(f"{hold_ref} is {there.outcome}")
    return there


def expire_holds(*, at: datetime, limit: int = 500) -> int:
    """Let go of up to `limit` holds whose time is over; how many there were. Call it until it answers less."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [at, limit])
        due = [entry_ids.from_uuid(row[0], prefix=entry_ids.HOLD) for row in cursor.fetchall()]
    return len(_end(due, outcome="expired", reason="", at=at)) if due else 0


def _hold_of_one_entity(drafts: Sequence[EntryDraft], *, expires_at: datetime | None, at: datetime) -> dict[str, str]:
    batch = Batch.of(drafts)
    arguments: list[Any] = [
        batch.entity,
        arrays.uuids(entry_ids.new(len(drafts), at)),
        *batch.entry_arrays(),
        [expires_at] * len(drafts),
        at,
        *batch.account_arrays(),
        *batch.line_arrays(),
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_HOLD, arguments)
            rows = cursor.fetchall()
    except Error as error:
        raise refusal(error) from error
    if reused := [draft.key for draft, row in zip(drafts, rows, strict=True) if row[2] == "key_reused"]:
        raise KeyReused(f"stands for another hold: {', '.join(reused)}")
    return {
        draft.key: entry_ids.from_uuid(row[0], prefix=entry_ids.HOLD) for draft, row in zip(drafts, rows, strict=True)
    }


def _settled_before(there: HoldFact, draft: EntryDraft) -> EntryFact:
    if there.entry_ref is not None:
        entry = queries.entry(there.entry_ref)
        if entry.key == draft.key:
            return as_before(entry, draft)
    raise HoldEnded(f"{there.id} is {there.outcome}")


def _end(hold_refs: Sequence[str], *, outcome: str, reason: str, at: datetime) -> list[str]:
    wanted = [entry_ids.to_uuid(ref, prefix=entry_ids.HOLD) for ref in hold_refs]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_end_holds(%s::uuid[], %s, %s, %s)", [wanted, outcome, reason, at])
        return [entry_ids.from_uuid(row[0], prefix=entry_ids.HOLD) for row in cursor.fetchall()]
