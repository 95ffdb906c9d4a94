"""What waits in the outboxes, and who is behind."""

from collections.abc import Collection

from django.db.models import BigIntegerField, Count, Func, Min, Q, QuerySet, TextField
from django.db.models.functions import Cast

from sync.facts import LagFact
from sync.models import CrossServiceEvent, ServiceSync


def lags(*, into: str = "default") -> tuple[LagFact, ...]:
    """One fact for each consumer and source whose cursor is kept in the database `into`."""
    return tuple(_lag(cursor) for cursor in ServiceSync.objects.using(into).order_by("consumer", "source"))


def waiting(
    *, source: str, topics: Collection[str], position_xid: int, position_id: int
) -> "QuerySet[CrossServiceEvent]":
    """The events after a position that nothing can come before any more, in order. For this package only.

    A transaction still running may hold an event with a lower id than those already visible. So only events of
    transactions older than every running one are given out: the rest waits for the next call.
    """
    oldest_running = Func(function="pg_current_snapshot", template="pg_snapshot_xmin(%(function)s())")
    return (
        CrossServiceEvent.objects.using(source)
        .filter(topic__in=tuple(topics), xid__gte=position_xid)
        .filter(Q(xid__gt=position_xid) | Q(id__gt=position_id))
        .filter(xid__lt=Cast(Cast(oldest_running, TextField()), BigIntegerField()))
        .order_by("xid", "id")
    )


def _lag(cursor: ServiceSync) -> LagFact:
    found = waiting(
        source=cursor.source,
        topics=cursor.topics,
        position_xid=cursor.position_xid,
        position_id=cursor.position_id,
    ).aggregate(count=Count("id"), oldest=Min("happened_at"))
    return LagFact(
        consumer=cursor.consumer,
        source=cursor.source,
        waiting_count=found["count"],
        oldest_waiting_at=found["oldest"],
        updated_at=cursor.updated_at,
        latest_error=cursor.latest_error,
    )
