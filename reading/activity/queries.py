"""What was read, by reader and by day."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from reading.activity import pages
from reading.activity.facts import DailyFact, ProgressFact, SessionFact
from reading.activity.models import ReadingSession


def sessions(*, user_ref: str, edition_ref: str, limit: int = 20) -> tuple[SessionFact, ...]:
    """The reader's sessions with that edition, the latest first."""
    found = ReadingSession.objects.filter(user_ref=user_ref, edition_ref=edition_ref).order_by("-ended_at", "-id")
    return tuple(row.as_fact() for row in found[:limit])


def progress(*, user_ref: str, edition_refs: Collection[str]) -> Mapping[str, ProgressFact]:
    """How far the reader is in each of those editions; one never opened is missing."""
    found = ReadingSession.objects.filter(user_ref=user_ref, edition_ref__in=tuple(edition_refs))
    rows = found.order_by("edition_ref").values_list("edition_ref", "first_page", "last_page", "ended_at")
    return {
        edition_ref: _progress(edition_ref, [(first, last, ended) for _, first, last, ended in group])
        for edition_ref, group in groupby(rows, key=lambda row: row[0])
    }


def daily_facts(*, since: date, until: date) -> Iterator[DailyFact]:
    """One fact for each reader, edition and day from `since` to `until`, both counted, in that order by day."""
    for offset in range((until - since).days + 1):
        yield from _day(since + timedelta(days=offset))


def _progress(edition_ref: str, rows: Iterable[tuple[int, int, datetime]]) -> ProgressFact:
    read = list(rows)
    return ProgressFact(
        edition_ref=edition_ref,
        read_count=pages.count((first, last) for first, last, _ in read),
        furthest_page=max(last for _, last, _ in read),
        last_read_at=max(ended for _, _, ended in read),
    )


def _day(day: date) -> Iterator[DailyFact]:
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    found = ReadingSession.objects.filter(ended_at__gte=begin, ended_at__lt=begin + timedelta(days=1))
    rows = found.order_by("user_ref", "edition_ref", "id").iterator(chunk_size=2000)
    for (user_ref, edition_ref), group in groupby(rows, key=lambda row: (row.user_ref, row.edition_ref)):
        read = list(group)
        yield DailyFact(
            day=day,
            user_ref=user_ref,
            edition_ref=edition_ref,
            session_count=len(read),
            read_count=pages.count((row.first_page, row.last_page) for row in read),
            seconds_count=sum(int((row.ended_at - row.started_at).total_seconds()) for row in read),
        )
