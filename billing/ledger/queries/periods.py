"""Months of a legal entity: which are closed, and who closed them."""

from datetime import datetime

from billing.ledger.facts import PeriodEventFact, PeriodFact
from billing.ledger.models import Gate, Period, PeriodEvent


def periods(*, entity: str) -> tuple[PeriodFact, ...]:
    """Every month that was ever touched by closing, the oldest first. A month that is not here is open."""
    found = Period.objects.filter(entity=entity).order_by("starts_at")
    return tuple(PeriodFact(row.entity, row.starts_at, row.ends_at, row.state) for row in found)


def period_events(*, entity: str, starts_at: datetime) -> tuple[PeriodEventFact, ...]:
    """What happened to a month, in order."""
    found = PeriodEvent.objects.filter(entity=entity, starts_at=starts_at).order_by("id")
    return tuple(PeriodEventFact(row.event, row.by, row.reason, row.at) for row in found)


def open_from(*, entity: str) -> datetime | None:
    """The first moment ordinary entries may count from; None: no month was ever closed."""
    return Gate.objects.filter(entity=entity).values_list("closing_until", flat=True).first()
