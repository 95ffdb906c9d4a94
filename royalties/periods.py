"""Royalty periods: calendar months, written `2026-10`, closed at midnight UTC (Dakar's time all year). Pure."""

import re
from datetime import UTC, date, datetime

# Before anything was sold; where a search through all sales begins.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_SHAPE = re.compile(r"\A(20[0-9]{2})-(0[1-9]|1[0-2])\Z")


class MalformedPeriod(ValueError):
    """The text is no month of the form 2026-10."""


def bounds(period: str) -> tuple[datetime, datetime]:
    """The first moment of the month, and the first after it.

    :raises MalformedPeriod: not of the form YYYY-MM.
    """
    found = _SHAPE.match(period) if isinstance(period, str) else None
    if found is None:
        raise MalformedPeriod(f"{period!r} is not a month of the form 2026-10")
    year, month = int(found[1]), int(found[2])
    start = datetime(year, month, 1, tzinfo=UTC)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def of(moment: datetime) -> str:
    """The month a moment belongs to."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def day_of(moment: datetime) -> date:
    """The calendar day a moment belongs to, by the clock that closes periods."""
    return moment.astimezone(UTC).date()


def following(period: str) -> str:
    """The next month."""
    return of(bounds(period)[1])


def last(count: int, *, until: str) -> tuple[str, ...]:
    """The `count` months that end with `until`, oldest first."""
    start, _ = bounds(until)
    months = [start.year * 12 + start.month - 1 - back for back in range(count)]
    return tuple(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in reversed(months))
