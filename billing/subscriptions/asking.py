"""When to ask a customer for money: on which days, at which hour of theirs. Pure.

Phones ring by day only. Within the day the best hour is the one at which this customer approved before; with too few
approvals to tell, the one at which customers of the country do; with none of those, the rule's usual hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# One approval may be chance; three at the same hour are a habit.
APPROVALS_THAT_TELL = 3


@dataclass(frozen=True, slots=True)
class Daytime:
    """The hours at which a phone may ring, of the customer's clock: from `first_hour` on, before `end_hour`."""

    first_hour: int
    end_hour: int
    usual_hour: int

    def __post_init__(self) -> None:
        if not 0 <= self.first_hour <= self.usual_hour < self.end_hour <= 24:
            raise ValueError(f"no daytime: {self.first_hour} to {self.end_hour}, usually {self.usual_hour}")

    def holds(self, hour: int) -> bool:
        return self.first_hour <= hour < self.end_hour


def best_hour(daytime: Daytime, *histories: Mapping[int, int]) -> int:
    """The hour of the first history (hour → approvals) that tells; approvals at night count for nothing.

    Neighbouring hours speak for each other: somebody who approves at 18:50 and at 19:10 has one habit, not two.
    """
    for history in histories:
        by_day = {hour: count for hour, count in history.items() if daytime.holds(hour)}
        if sum(by_day.values()) >= APPROVALS_THAT_TELL:
            return max(by_day, key=lambda hour: (_weight(by_day, hour), -abs(hour - daytime.usual_hour), -hour))
    return daytime.usual_hour


def moment_on(day: date, hour: int, timezone: str) -> datetime:
    """That hour of the customer's day."""
    return datetime.combine(day, time(hour), ZoneInfo(timezone)).astimezone(UTC)


def next_moment(*, at: datetime, hour: int, daytime: Daytime, timezone: str) -> datetime:
    """The first moment from `at` on at which to ask: today if the hour is still to come or the day is not over yet.

    After a day of outage nobody is asked at night to make up for it.
    """
    local = at.astimezone(ZoneInfo(timezone))
    wanted = moment_on(local.date(), hour, timezone)
    if at <= wanted:
        return wanted
    if daytime.holds(local.hour):
        return at
    # Past this day's end; before its first hour the hour itself was still to come.
    return moment_on(local.date() + timedelta(days=1), hour, timezone)


def step_due(ask_days: Sequence[int], *, asked_count: int, issued_on: date) -> date | None:
    """The day of the next request, counted from the invoice's day; None when all were made."""
    if asked_count >= len(ask_days):
        return None
    return issued_on + timedelta(days=ask_days[asked_count])


def _weight(history: Mapping[int, int], hour: int) -> int:
    return 2 * history[hour] + history.get(hour - 1, 0) + history.get(hour + 1, 0)
