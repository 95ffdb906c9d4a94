"""Seals, and the proof that an entry is under one."""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from billing.ledger import entry_ids, seals
from billing.ledger.facts import ProofFact, SealFact
from billing.ledger.models import JournalEntry, Seal
from billing.ledger.queries.entries import NoSuchEntry
from billing.ledger.sealed import NoSuchSeal, day_bounds, leaves


class ContentAltered(Exception):
    """The entry or its day is not what was written and sealed: nothing can be proved but that."""


# The content is written as `ledger_fingerprint` writes it (migrations/0001_posting.sql).
_PROVED = """
SELECT entry.id, entry.recorded_at, entry.happened_at, entry.closing, reverses.reversed_id, entry.fingerprint,
       json_build_array(
           entry.key, entry.entity, entry.journal, entry.description, entry.source_ref,
           (extract(epoch FROM coalesce(entry.late_from, entry.happened_at)) * 1000000)::bigint, lines.content)::text
FROM ledger_journalentry entry
LEFT JOIN ledger_reversal reverses ON reverses.reversing_id = entry.id
CROSS JOIN LATERAL (
    SELECT '[' || string_agg(
               json_build_array(account.code, account.currency, account.holder, line.amount_minor)::text, ','
               ORDER BY account.currency, account.code, account.holder, line.amount_minor) || ']' AS content
    FROM ledger_posting line
    JOIN ledger_account account ON account.id = line.account_id
    WHERE line.entry_id = entry.id
) AS lines
WHERE entry.id = %s
"""
_PLACE = """
SELECT count(*) FROM ledger_journalentry
WHERE recorded_at >= %(since)s AND recorded_at <= %(recorded_at)s AND (recorded_at, id) < (%(recorded_at)s, %(id)s)
"""


def all_seals(*, since: date | None = None) -> Iterator[SealFact]:
    """Every seal, day by day, from `since` on."""
    rows = Seal.objects.order_by("day")
    for row in (rows if since is None else rows.filter(day__gte=since)).iterator():
        yield _fact(row)


def last_seal() -> SealFact | None:
    row = Seal.objects.order_by("-day").first()
    return None if row is None else _fact(row)


def seal_of(day: date) -> SealFact | None:
    row = Seal.objects.filter(day=day).first()
    return None if row is None else _fact(row)


def first_day_recorded() -> date | None:
    """The day of the first entry, in the platform's time zone."""
    first = JournalEntry.objects.order_by("recorded_at").values_list("recorded_at", flat=True).first()
    return None if first is None else timezone.localdate(first)


def proof(entry_ref: str) -> ProofFact:
    """What shows, without us, that this entry was in the books on the day of its seal, with this content.

    :raises NoSuchEntry: no entry has this id.
    :raises NoSuchSeal: its day is not sealed yet.
    :raises ContentAltered: it, or another entry of its day, is not what it was.
    """
    row = _proved(entry_ref)
    entry_id, recorded_at, happened_at, closing, reversed_id, fingerprint, content = row
    if hashlib.sha256(content.encode()).digest() != bytes(fingerprint):
        raise ContentAltered(f"{entry_ref} is not what was written")
    day = timezone.localdate(recorded_at)
    seal = seal_of(day)
    if seal is None:
        raise NoSuchSeal(f"{day} is not sealed yet")
    since, until = day_bounds(day)
    place = _place(entry_id, recorded_at, since)
    tree = list(leaves(since=since, until=until))
    record = seals.record_of(
        entry_id=entry_id,
        recorded_at=recorded_at,
        happened_at=happened_at,
        closing=closing,
        reversed_id=reversed_id,
        fingerprint=bytes(fingerprint),
    )
    if seals.root_of(tree)[0] != seal.root:
        raise ContentAltered(f"{day} is not what was sealed")
    path = tuple(seals.proof_of(tree, place))
    return ProofFact(entry_ref=entry_ref, content=content, record=record, position=place, path=path, seal=seal)


def _proved(entry_ref: str) -> tuple[Any, ...]:
    try:
        entry_id = entry_ids.to_uuid(entry_ref)
    except entry_ids.NotAnEntryId:
        raise NoSuchEntry(entry_ref) from None
    with connection.cursor() as cursor:
        cursor.execute(_PROVED, [entry_id])
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise NoSuchEntry(entry_ref)
    return row


def _place(entry_id: Any, recorded_at: Any, since: Any) -> int:
    """How many entries of the day come before this one."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"id": entry_id, "recorded_at": recorded_at, "since": since})
        return int(cursor.fetchone()[0])


def _fact(row: Seal) -> SealFact:
    return SealFact(
        day=row.day,
        entry_count=row.entry_count,
        root=bytes(row.root),
        previous=bytes(row.previous),
        seal=bytes(row.seal),
        sealed_at=row.sealed_at,
    )
