"""Keeping the local copies up to date: pulls facts from the other databases, in order, as often as one likes."""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import Error as DatabaseUnusable

import sync.operations
from billing.references.models import AuthorReference, BookReference, UserReference
from sync.facts import EventFact
from sync.operations import EventNotApplied, SourceRewound

log = logging.getLogger(__name__)

_CONSUMER = "billing.references"
_SOURCES = {"catalog": ("catalog.author", "catalog.edition"), "auth": ("identity.user",)}
_BATCH = 500


def refresh(*, at: datetime) -> int:
    """Apply everything new that the catalogue and identity have said; gives how many facts were applied.

    A source that fails does not hold up the other; its error is raised at the end, the first one of several.

    :raises EventNotApplied: a fact could not be applied; it comes first again next time.
    :raises SourceRewound: a source was restored into another server.
    """
    total, failures = 0, []
    for source, topics in _SOURCES.items():
        try:
            total += _drain(source=source, topics=topics, at=at)
        except (EventNotApplied, SourceRewound, DatabaseUnusable) as failure:
            log.warning("facts of %s not applied: %s", source, failure)
            failures.append(failure)
    if failures:
        raise failures[0]
    return total


def apply_event(event: EventFact) -> None:
    """Make one local copy say what the fact says. The same fact again changes nothing; the latest told wins."""
    _APPLY[event.topic](event)


def _drain(*, source: str, topics: Collection[str], at: datetime) -> int:
    """Batch by batch, each its own transaction, so that a large catalogue holds no lock for long."""
    total = 0
    while True:
        count = sync.operations.consume(
            consumer=_CONSUMER, source=source, topics=topics, apply=apply_event, at=at, limit=_BATCH
        )
        total += count
        if count < _BATCH:
            return total


def _apply_edition(event: EventFact) -> None:
    said = event.payload
    described = {name: said[name] for name in ("book_ref", "title", "language", "kind", "contributors")}
    BookReference.objects.update_or_create(
        edition_ref=event.subject_ref, defaults={**described, "as_of": event.happened_at}
    )


def _apply_author(event: EventFact) -> None:
    AuthorReference.objects.update_or_create(
        author_ref=event.subject_ref, defaults={"name": event.payload["name"], "as_of": event.happened_at}
    )


def _apply_user(event: EventFact) -> None:
    described = {name: event.payload[name] for name in ("name", "email", "language")}
    UserReference.objects.update_or_create(
        user_ref=event.subject_ref, defaults={**described, "as_of": event.happened_at}
    )


_APPLY: Mapping[str, Callable[[EventFact], None]] = {
    "catalog.author": _apply_author,
    "catalog.edition": _apply_edition,
    "identity.user": _apply_user,
}
