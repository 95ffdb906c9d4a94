"""Seals days that are over: from then on nothing is recorded in them, and whatever is changed in them shows."""

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from billing.ledger import queries, seals
from billing.ledger.facts import SealFact
from billing.ledger.operations.gate import alone

_PATIENCE_SECONDS = 60.0


def seal_days(*, at: datetime, limit: int | None = None) -> tuple[SealFact, ...]:
    """Seal every day that is over and not sealed yet, from the first entry's day on, in order; at most `limit` days.

    First a fence: entries on their way are waited for, later ones are recorded after the day. Then the tree is made,
    while others go on posting. Safe to stop and to run twice.

    :raises GateBusy: entries were on their way for a minute; the next sweep tries again.
    """
    done: list[SealFact] = []
    last = queries.last_seal()
    day = last.day + timedelta(days=1) if last else queries.first_day_recorded()
    today = timezone.localdate(at)
    if day is None or day >= today:
        return ()
    _fence(until=queries.day_bounds(today)[0])
    while day < today and (limit is None or len(done) < limit):
        last = _seal(day=day, previous=last.seal if last else seals.GENESIS, at=at)
        done.append(last)
        day += timedelta(days=1)
    return tuple(done)


def _fence(*, until: datetime) -> None:
    alone("SELECT ledger_fence_until(%s)", [until], patience_seconds=_PATIENCE_SECONDS)


def _seal(*, day: date, previous: bytes, at: datetime) -> SealFact:
    since, until = queries.day_bounds(day)
    root, count = seals.root_of(queries.leaves(since=since, until=until))
    seal = seals.seal_hash(previous=previous, day=day, count=count, root=root)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_store_seal(%s, %s, %s, %s, %s, %s)", [day, count, root, previous, seal, at])
    return SealFact(day=day, entry_count=count, root=root, previous=previous, seal=seal, sealed_at=at)
