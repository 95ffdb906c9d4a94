"""Writing facts into the outbox, and reading those of another database. Reads no clock: callers pass `at`."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet

from sync import queries
from sync.facts import EventFact
from sync.ids import new_id
from sync.models import CrossServiceEvent, ServiceSync


class OutsideTransaction(Exception):
    """An event was published outside a transaction: it could be kept while the change it speaks of is lost."""


class EventNotApplied(Exception):
    """The consumer could not apply an event. Those before it are applied; it is the next one to be given out."""

    def __init__(self, event: EventFact) -> None:
        super().__init__(f"{event.topic} {event.subject_ref} ({event.id})")
        self.event = event


class SourceRewound(Exception):
    """The cursor is ahead of the source's transaction counter: the source was restored into another server."""


def publish(*, using: str, topic: str, subject_ref: str, payload: Mapping[str, Any], at: datetime) -> None:
    """Say what became true, in the caller's transaction on the database `using`.

    :raises OutsideTransaction: no transaction is open there.
    """
    if not connections[using].in_atomic_block:
        raise OutsideTransaction(f"{topic} {subject_ref} on {using}")
    CrossServiceEvent.objects.using(using).create(
        ref=new_id("evt", at), topic=topic, subject_ref=subject_ref, payload=dict(payload), happened_at=at
    )


def consume(
    *,
    consumer: str,
    source: str,
    topics: Collection[str],
    apply: Callable[[EventFact], None],
    at: datetime,
    into: str = "default",
    limit: int = 500,
) -> int:
    """Apply up to `limit` events that `consumer` has not seen yet, in order; answer how many.

    What `apply` writes in the database `into` and the new position commit together, so there an event counts once;
    elsewhere it may come again after a crash. At a failing event the run stops: the events before it stay applied,
    the error is kept on the cursor, and the next run begins at that event.

    :raises EventNotApplied: from the error of `apply`.
    :raises SourceRewound: nothing was applied; see the README for what to do.
    """
    failure: EventNotApplied | None = None
    count = 0
    with transaction.atomic(using=into):
        cursor = _locked_cursor(consumer=consumer, source=source, topics=topics, into=into, at=at)
        _refuse_rewound(cursor)
        try:
            for event in _waiting(cursor)[:limit]:
                _apply(event=event.as_fact(), apply=apply, into=into)
                cursor.position_xid, cursor.position_id = event.xid, event.id
                count += 1
        except EventNotApplied as error:
            failure = error
        cursor.latest_error = _sentence(failure)
        cursor.updated_at = at
        cursor.save(using=into)
    if failure is not None:
        raise failure
    return count


def _locked_cursor(*, consumer: str, source: str, topics: Collection[str], into: str, at: datetime) -> ServiceSync:
    # The lock makes a second run of the same consumer wait and then begin where this one ended.
    cursors = ServiceSync.objects.using(into)
    cursors.get_or_create(consumer=consumer, source=source, defaults={"updated_at": at})
    cursor = cursors.select_for_update().get(consumer=consumer, source=source)
    cursor.topics = sorted(topics)
    return cursor


def _waiting(cursor: ServiceSync) -> QuerySet[CrossServiceEvent]:
    return queries.waiting(
        source=cursor.source,
        topics=cursor.topics,
        position_xid=cursor.position_xid,
        position_id=cursor.position_id,
    )


def _apply(*, event: EventFact, apply: Callable[[EventFact], None], into: str) -> None:
    # A savepoint an event: a refused row must not spoil the events already applied in this batch.
    try:
        with transaction.atomic(using=into):
            apply(event)
    except Exception as error:  # whatever it is, it is raised again with its event (so no noqa is needed)
        raise EventNotApplied(event) from error


def _refuse_rewound(cursor: ServiceSync) -> None:
    with connections[cursor.source].cursor() as source:
        source.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (next_xid,) = source.fetchone()
    if cursor.position_xid >= next_xid:
        raise SourceRewound(f"{cursor}: at transaction {cursor.position_xid}, the source is at {next_xid}")


def _sentence(failure: EventNotApplied | None) -> str:
    return "" if failure is None else f"{failure}: {failure.__cause__!r}"
