"""What managers ask of subscriptions: recurring revenue, how it moved, who stayed. Computed from what was really paid.

*MRR* is what the subscribers of a day bring in a month, before tax: the agreed price of each one's latest paid charge
that covers the day, brought to a month (a year is twelve, 365 days are a year). Test clocks' customers do not count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import QuerySet

from billing.money import round_half_up
from billing.subscriptions.models import PeriodCharge
from billing.subscriptions.periods import Anchor, Interval, Rhythm, period

_MONTHS = {
    Interval.DAY: Fraction(12, 365),
    Interval.WEEK: Fraction(84, 365),
    Interval.MONTH: Fraction(1),
    Interval.QUARTER: Fraction(3),
    Interval.YEAR: Fraction(12),
}
_MONTHLY = Rhythm(Interval.MONTH)


@dataclass(frozen=True, slots=True)
class RecurringFact:
    """Of one currency on one day. ARR is twelve times MRR."""

    currency: str
    subscriber_count: int
    mrr_minor: int

    @property
    def arr_minor(self) -> int:
        return 12 * self.mrr_minor

    @property
    def arpu_minor(self) -> int:
        """What one subscriber brings in a month."""
        return round_half_up(Fraction(self.mrr_minor, self.subscriber_count)) if self.subscriber_count else 0


@dataclass(frozen=True, slots=True)
class MovementFact:
    """How the MRR of one currency went from one day's to another's: `before + new + … − churned = after`."""

    currency: str
    before_minor: int
    new_minor: int
    reactivated_minor: int
    expanded_minor: int
    contracted_minor: int  # as much less: positive
    churned_minor: int  # as much gone: positive
    after_minor: int
    churned_count: int
    before_count: int


@dataclass(frozen=True, slots=True)
class CohortFact:
    """Those whose first paid day was in one month, and how many of them were there n months later."""

    month: date
    retained: tuple[int, ...]  # the first number is all of them


def recurring(*, owner_ref: str, on: date) -> tuple[RecurringFact, ...]:
    """MRR of a day, by currency."""
    by_currency: dict[str, list[int]] = defaultdict(list)
    for (_, currency), minor in _mrr(owner_ref, on).items():
        by_currency[currency].append(minor)
    return tuple(RecurringFact(code, len(by_currency[code]), sum(by_currency[code])) for code in sorted(by_currency))


def movements(*, owner_ref: str, since: date, until: date) -> tuple[MovementFact, ...]:
    """What became of the MRR between two days, by currency; each subscriber counts in one column."""
    before, after = _mrr(owner_ref, since), _mrr(owner_ref, until)
    known = _had_before(owner_ref, since)
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key in {*before, *after}:
        was, now, one = before.get(key, 0), after.get(key, 0), sums[key[1]]
        one["before"] += was
        one["after"] += now
        one["before_count"] += bool(was)
        if not was:
            one["reactivated" if key in known else "new"] += now
        elif not now:
            one["churned"] += was
            one["churned_count"] += 1
        else:
            one["expanded"] += max(now - was, 0)
            one["contracted"] += max(was - now, 0)
    return tuple(
        MovementFact(
            currency=currency,
            before_minor=one["before"],
            new_minor=one["new"],
            reactivated_minor=one["reactivated"],
            expanded_minor=one["expanded"],
            contracted_minor=one["contracted"],
            churned_minor=one["churned"],
            after_minor=one["after"],
            churned_count=one["churned_count"],
            before_count=one["before_count"],
        )
        for currency, one in sorted(sums.items())
    )


def cohorts(*, owner_ref: str, until: date) -> tuple[CohortFact, ...]:
    """Retention by the month of the first paid day: who is covered on that day of each later month."""
    stays: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for subscriber, starts_on, ends_on in _paid(owner_ref).values_list(
        "subscription__subscriber", "starts_on", "ends_on"
    ):
        stays[subscriber].append((starts_on, ends_on))
    retained: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for stretches in stays.values():
        first = min(starts_on for starts_on, _ in stretches)
        for number, day in enumerate(_same_days(first, until)):
            retained[first.replace(day=1)][number] += _covers(stretches, day)
    return tuple(
        CohortFact(month, tuple(found[number] for number in range(len(found))))
        for month, found in sorted(retained.items())
    )


def _same_days(first: date, until: date) -> Iterable[date]:
    number = 1
    while (day := period(Anchor(first), _MONTHLY, number).starts_on) <= until:
        yield day
        number += 1


def _covers(stretches: Iterable[tuple[date, date]], day: date) -> bool:
    return any(starts_on <= day < ends_on for starts_on, ends_on in stretches)


def _mrr(owner_ref: str, on: date) -> Mapping[tuple[str, str], int]:
    """(subscriber, currency) → what they bring in a month."""
    covering = _paid(owner_ref).filter(starts_on__lte=on, ends_on__gt=on).select_related("plan", "subscription")
    latest: dict[str, PeriodCharge] = {}
    for charge in covering.order_by("issued_at", "number", "id"):
        latest[charge.subscription_id] = charge
    found: dict[tuple[str, str], int] = defaultdict(int)
    for charge in latest.values():
        found[charge.subscription.subscriber, charge.currency] += _a_month(charge)
    return found


def _a_month(charge: PeriodCharge) -> int:
    rhythm = charge.plan.rhythm
    return round_half_up(Fraction(charge.unit_net_minor) / (_MONTHS[rhythm.interval] * rhythm.count))


def _had_before(owner_ref: str, day: date) -> set[tuple[str, str]]:
    earlier = _paid(owner_ref).filter(starts_on__lt=day)
    return set(earlier.values_list("subscription__subscriber", "currency").distinct())


def _paid(owner_ref: str) -> QuerySet[PeriodCharge]:
    return PeriodCharge.objects.filter(
        subscription__owner_ref=owner_ref, subscription__clock__isnull=True, state="paid", gross_minor__gt=0
    )
