"""Whose books, which months, and as known when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from royalties import periods


class MonthsReversed(ValueError):
    """The last month is before the first."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The books of one legal entity over whole months, as they were known at a moment, or are now.

    :raises royalties.periods.MalformedPeriod: a month is not of the form 2026-10.
    :raises MonthsReversed: see there.
    """

    entity: str
    first: str  # YYYY-MM
    last: str  # YYYY-MM, included
    known_at: datetime | None = None

    def __post_init__(self) -> None:
        if periods.bounds(self.last) < periods.bounds(self.first):
            raise MonthsReversed(f"{self.last} is before {self.first}")

    @property
    def since(self) -> datetime:
        return periods.bounds(self.first)[0]

    @property
    def until(self) -> datetime:
        return periods.bounds(self.last)[1]

    @property
    def last_day(self) -> date:
        return periods.day_of(self.until - timedelta(days=1))

    @property
    def file_stem(self) -> str:
        """`coko-sn-2026-10`, or `coko-sn-2026-01-2026-10`."""
        months = self.first if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.entity}-{months}"


def end_of_day(day: date) -> datetime:
    """The last instant of a day in the platform's time zone: what was known at its end."""
    following = timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))
    return following - datetime.resolution
