"""The months of a legal entity as the closing pages show them: state, and the one step that may come next."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from billing.ledger import queries as ledger
from billing.ledger.facts import PeriodEventFact, PeriodFact
from billing.ledger.operations.periods import month_bounds
from billing.references import queries as references

MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Month:
    """A month and what the ledger would let somebody do to it now."""

    entity: str
    starts_at: datetime
    ends_at: datetime
    state: str  # open | closing | closed
    can_start: bool
    can_close: bool
    can_withdraw: bool
    can_ask: bool
    asked_by: str | None  # who asked to open it again, if that is the last thing that happened

    @property
    def period(self) -> str:
        return f"{timezone.localtime(self.starts_at):%Y-%m}"

    @property
    def day(self) -> date:
        return timezone.localdate(self.starts_at)


def of_entity(entity: str, *, at: datetime) -> tuple[Month, ...]:
    """The months since the ledger's first, at most twelve, and every one that was touched by closing; latest first."""
    touched = {fact.starts_at for fact in ledger.periods(entity=entity)}
    first_day = ledger.first_day_recorded() or timezone.localdate(at)
    recent = {start for start in _last(MONTHS_SHOWN, at) if start >= month_bounds(first_day)[0]}
    starts = sorted(touched | recent, reverse=True)
    return tuple(_months(entity, starts, at))


def of(entity: str, starts_at: datetime, *, at: datetime) -> Month:
    (found,) = _months(entity, [starts_at], at)
    return found


def history(month: Month) -> list[tuple[PeriodEventFact, str]]:
    """What happened to the month, in order, each with the name of who did it."""
    events = ledger.period_events(entity=month.entity, starts_at=month.starts_at)
    names = references.user_names({event.by for event in events})
    return [(event, names.get(event.by, event.by)) for event in events]


def _months(entity: str, starts: list[datetime], at: datetime) -> list[Month]:
    known = {fact.starts_at: fact for fact in ledger.periods(entity=entity)}
    closed_until = max((fact.ends_at for fact in known.values() if fact.state == "closed"), default=None)
    closing_until = ledger.open_from(entity=entity)
    return [_month(entity, start, known.get(start), closed_until, closing_until, at) for start in starts]


def _month(
    entity: str,
    starts_at: datetime,
    known: PeriodFact | None,
    closed_until: datetime | None,
    closing_until: datetime | None,
    at: datetime,
) -> Month:
    _, ends_at = month_bounds(timezone.localdate(starts_at))
    # Before the first month that was ever closed, everything is closed with it.
    before_all = closed_until is not None and ends_at <= closed_until
    state = known.state if known and known.state != "open" else "closed" if before_all else "open"
    is_last_shut = known is not None and closing_until == ends_at
    events = ledger.period_events(entity=entity, starts_at=starts_at) if state == "closed" and is_last_shut else ()
    return Month(
        entity=entity,
        starts_at=starts_at,
        ends_at=ends_at,
        state=state,
        can_start=state == "open" and ends_at <= at and closing_until in (None, starts_at),
        can_close=state == "closing" and closed_until in (None, starts_at),
        can_withdraw=state == "closing" and is_last_shut,
        can_ask=state == "closed" and is_last_shut,
        asked_by=events[-1].by if events and events[-1].event == "asked" else None,
    )


def _last(count: int, at: datetime) -> list[datetime]:
    """The first moments of the last months, this one included."""
    this = timezone.localtime(at).year * 12 + timezone.localtime(at).month - 1
    return [month_bounds(date(number // 12, number % 12 + 1, 1))[0] for number in range(this, this - count, -1)]
