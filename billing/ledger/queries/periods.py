"""Months of a legal entity: which are closed, and who closed them."""

from datetime import UTC, datetime

from billing.ledger.facts import PeriodEventFact, PeriodFact
from billing.ledger.models import Gate, Period, PeriodEvent

_BEFORE_ALL = datetime(1900, 1, 1, tzinfo=UTC)


def periods(*, entity: str) -> tuple[PeriodFact, ...]:
    """Every month that was ever touched by closing, the oldest first. A month that is not here is open."""
    found = Period.objects.filter(entity=entity).order_by("starts_at")
    return tuple(PeriodFact(row.entity, row.starts_at, row.ends_at, row.state) for row in found)


def period_events(*, entity: str, starts_at: datetime) -> tuple[PeriodEventFact, ...]:
    """What happened to a month, in order."""
    found = PeriodEvent.objects.filter(entity=entity, starts_at=starts_at).order_by("id")
    return tuple(PeriodEventFact(row.event, row.by, row.reason, row.at) for row in found)


def open_from(*, entity: str) -> datetime | None:
    """The first moment ordinary entries may count from; None: no month is closed or being closed."""
    # A gate that was opened all the way stands at -infinity, which Python has no moment for.
    shut = Gate.objects.filter(entity=entity, closing_until__gt=_BEFORE_ALL)
    return shut.values_list("closing_until", flat=True).first()
