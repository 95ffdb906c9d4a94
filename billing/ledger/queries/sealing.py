"""Seals and what they are made of."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from billing.ledger import entry_ids
from billing.ledger.facts import ProofFact, SealFact
from billing.ledger.models import JournalEntry, Seal
from billing.ledger.seals import leaf_hash, proof_of

PROOF_ENTRIES_MAX = 20_000  # a proof hashes the whole day, about 2 µs a leaf and level

_LEAVES = """
SELECT id, recorded_at, fingerprint
FROM ledger_journalentry
WHERE recorded_at >= %s AND recorded_at < %s
ORDER BY recorded_at, id
"""


def seals() -> Iterator[SealFact]:
    """Every seal, day by day."""
    for row in Seal.objects.order_by("day").iterator():
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


def leaves(*, since: datetime, until: datetime) -> Iterator[bytes]:
    """The leaves of a day's tree, in order. Streams."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LEAVES, [since, until])
        for entry_id, recorded_at, fingerprint in cursor:
            yield leaf_hash(entry_id=entry_id, recorded_at=recorded_at, fingerprint=bytes(fingerprint))


def position_of(entry_ref: str, *, since: datetime) -> int:
    """How many entries of the day come before this one."""
    own = JournalEntry.objects.get(pk=entry_ref)
    before = JournalEntry.objects.filter(recorded_at__gte=since, recorded_at__lt=own.recorded_at).count()
    same = JournalEntry.objects.filter(recorded_at=own.recorded_at, pk__lt=entry_ids.to_uuid(entry_ref)).count()
    return before + same


def proof(entry_ref: str) -> ProofFact | None:
    """Where an entry stands in its day's seal; None while the day is not sealed, or for an entry that is not there."""
    found = JournalEntry.objects.filter(pk=entry_ref).values_list("pk", "recorded_at", "fingerprint").first()
    seal = None if found is None else seal_of(timezone.localdate(found[1]))
    if found is None or seal is None:
        return None
    entry_id, recorded_at, fingerprint = found
    leaf = leaf_hash(entry_id=entry_ids.to_uuid(entry_id), recorded_at=recorded_at, fingerprint=bytes(fingerprint))
    since, until = (timezone.make_aware(datetime.combine(seal.day + timedelta(days=days), time())) for days in (0, 1))
    position = position_of(entry_ref, since=since)
    path = None
    if seal.entry_count <= PROOF_ENTRIES_MAX:
        path = tuple(proof_of(list(leaves(since=since, until=until)), position))
    return ProofFact(seal=seal, position=position, leaf=leaf, path=path)


def _fact(row: Seal) -> SealFact:
    return SealFact(
        day=row.day,
        entry_count=row.entry_count,
        root=bytes(row.root),
        previous=bytes(row.previous),
        seal=bytes(row.seal),
        sealed_at=row.sealed_at,
    )
