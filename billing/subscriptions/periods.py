"""From an anchor to the n-th period, in days of the customer's own calendar. Pure.

The n-th period is counted from the anchor, never from the end of the one before: 31 January, 28 February, 31 March.
A period begins on its first day at local midnight and ends before the first day of the next: no day is in two.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Interval(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_DAYS = {Interval.DAY: 1, Interval.WEEK: 7}
_MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every `count` intervals: 1 month, 2 weeks."""

    interval: Interval
    count: int = 1


@dataclass(frozen=True, slots=True)
class Anchor:
    """The first day of the period `number`: every other period is counted from here."""

    on: date
    number: int = 1


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts_on` up to but not including `ends_on`."""

    number: int
    starts_on: date
    ends_on: date

    @property
    def day_count(self) -> int:
        return (self.ends_on - self.starts_on).days


def period(anchor: Anchor, rhythm: Rhythm, number: int) -> Period:
    """The period with that number; numbers before the anchor's are counted backwards."""
    ahead = number - anchor.number
    return Period(number, _after(anchor.on, rhythm, ahead), _after(anchor.on, rhythm, ahead + 1))


def midnight(day: date, timezone: str) -> datetime:
    """The moment that day begins for the customer, in UTC; where clocks jump over midnight, the moment they jump."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def local_day(at: datetime, timezone: str) -> date:
    """The customer's date at that moment."""
    return at.astimezone(ZoneInfo(timezone)).date()


def _after(day: date, rhythm: Rhythm, times: int) -> date:
    steps = times * rhythm.count
    if rhythm.interval in _DAYS:
        return day + timedelta(days=steps * _DAYS[rhythm.interval])
    return _months_after(day, steps * _MONTHS[rhythm.interval])


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
