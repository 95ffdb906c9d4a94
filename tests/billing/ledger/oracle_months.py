"""The months of one legal entity in plain Python: which are closed, and what may happen to them next."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from billing.ledger import refusals

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def bounds(month: date) -> tuple[datetime, datetime]:
    starts = datetime(month.year, month.month, 1, tzinfo=UTC)
    return starts, starts.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


@dataclass
class Months:
    states: dict[date, str] = field(default_factory=dict)
    asked_by: dict[date, str] = field(default_factory=dict)

    @property
    def closed_until(self) -> datetime:
        return max((bounds(one)[1] for one, state in self.states.items() if state == "closed"), default=BEFORE_ALL)

    @property
    def closing_until(self) -> datetime:
        return max((bounds(one)[1] for one, state in self.states.items() if state != "open"), default=BEFORE_ALL)

    def take(self, moment: datetime, *, closing: bool) -> bool:
        """Whether an entry may still count from this moment."""
        return moment >= self.closing_until or (closing and moment >= self.closed_until)

    def move(self, month: date, event: str, *, by: str, reason: str, at: datetime) -> str:
        state, is_last = self.states.get(month, "open"), bounds(month)[1] == self.closing_until
        starts, ends = bounds(month)
        earlier = [one for one, told in self.states.items() if told == "closing" and one < month]
        its_turn = {
            "closing": state == "open" and self.closing_until in (BEFORE_ALL, starts),
            "closed": state == "closing" and not earlier,
            "withdrawn": state == "closing" and is_last,
            "asked": state == "closed" and is_last,
            "reopened": state == "closed" and is_last,
        }
        if not its_turn[event]:
            raise refusals.NotItsTurn
        if event == "closing" and at < ends:
            raise refusals.MonthNotOver
        if event in ("withdrawn", "asked") and not reason.strip():
            raise refusals.ReasonMissing
        asked_by = self.asked_by.pop(month, None)
        if event == "reopened" and asked_by in (None, by):
            if asked_by is not None:
                self.asked_by[month] = asked_by
            raise refusals.AnotherPersonNeeded
        if event == "asked":
            self.asked_by[month] = by
        after = {"closing": "closing", "closed": "closed", "asked": "closed", "withdrawn": "open", "reopened": "open"}
        self.states[month] = after[event]
        return after[event]
