"""Plans, subscriptions and who may read, as facts."""

from collections.abc import Iterable
from datetime import datetime

from billing.subscriptions.facts import (
    ChargeFact,
    ClockFact,
    MandateFact,
    PlanFact,
    RequestFact,
    SubscriptionEventFact,
    SubscriptionFact,
)
from billing.subscriptions.models import (
    CollectionRequest,
    Mandate,
    PeriodCharge,
    Plan,
    RecurringBilling,
    SubscriptionEvent,
    TestClock,
)
from billing.subscriptions.periods import local_day
from billing.subscriptions.refusals import NoSuchClock, NoSuchPlan, NoSuchSubscription
from billing.subscriptions.states import LIVE, State


def plan(plan_ref: str) -> PlanFact:
    """One plan.

    :raises NoSuchPlan: there is none.
    """
    row = Plan.objects.filter(pk=plan_ref).first()
    if row is None:
        raise NoSuchPlan(plan_ref)
    return row.as_fact()


def plans_of(*, owner_ref: str, limit: int, before: str | None = None) -> tuple[PlanFact, ...]:
    """The owner's plans, newest first; `before` is the last reference of the page before."""
    found = Plan.objects.filter(owner_ref=owner_ref)
    if before is not None:
        found = found.filter(id__lt=before)
    return tuple(row.as_fact() for row in found.order_by("-id")[:limit])


def subscription(subscription_ref: str) -> SubscriptionFact:
    """One subscription.

    :raises NoSuchSubscription: there is none.
    """
    row = RecurringBilling.objects.filter(pk=subscription_ref).first()
    if row is None:
        raise NoSuchSubscription(subscription_ref)
    return _facts([row])[0]


def subscriptions_of(
    *, owner_ref: str, limit: int, before: str | None = None, state: str | None = None, client_ref: str | None = None
) -> tuple[SubscriptionFact, ...]:
    """The owner's subscriptions, newest first, all or those in one state or of one customer."""
    found = RecurringBilling.objects.filter(owner_ref=owner_ref)
    if state is not None:
        found = found.filter(state=state)
    if client_ref is not None:
        found = found.filter(client_ref=client_ref)
    if before is not None:
        found = found.filter(id__lt=before)
    return _facts(found.order_by("-id")[:limit])


def charges(subscription_ref: str) -> tuple[ChargeFact, ...]:
    """What it was charged, the oldest first."""
    rows = PeriodCharge.objects.filter(subscription_id=subscription_ref).order_by("issued_at", "number", "id")
    return tuple(row.as_fact() for row in rows)


def events(subscription_ref: str) -> tuple[SubscriptionEventFact, ...]:
    """What happened to it, in order."""
    rows = SubscriptionEvent.objects.filter(subscription_id=subscription_ref).order_by("id")
    return tuple(row.as_fact() for row in rows)


def requests(subscription_ref: str) -> tuple[RequestFact, ...]:
    """How often its customer was asked, in order."""
    rows = CollectionRequest.objects.filter(charge__subscription_id=subscription_ref)
    return tuple(row.as_fact() for row in rows.order_by("planned_at", "id"))


def mandate(subscription_ref: str) -> MandateFact | None:
    """Its latest leave to debit."""
    row = Mandate.objects.filter(subscription_id=subscription_ref).order_by("-asked_at", "-id").first()
    return row.as_fact() if row else None


def is_entitled(*, user_ref: str, at: datetime, plan_codes: Iterable[str] | None = None) -> bool:
    """Whether that user reads by a subscription now, to any of these plans (none said: to any plan)."""
    if not user_ref:
        return False
    found = RecurringBilling.objects.filter(
        customer_user_ref=user_ref, state__in=[state.value for state in LIVE]
    ).select_related("plan", "clock")
    codes = None if plan_codes is None else set(plan_codes)
    return any(may_read(row.as_fact(), at=row.clock.now_at if row.clock else at) for row in found if _is_of(row, codes))


def may_read(fact: SubscriptionFact, *, at: datetime) -> bool:
    """Whether this subscription lets its customer read at that moment.

    An active one whose renewal is late by our fault goes on: those days are charged when we are back.
    """
    today = local_day(at, fact.timezone)
    match State(fact.state):
        case State.TRIALING:
            return fact.trial_ends_on is not None and today < fact.trial_ends_on
        case State.ACTIVE:
            return not fact.cancels_at_end or today < fact.ends_on
        case State.GRACE:
            return fact.grace_ends_on is not None and today < fact.grace_ends_on
        case State.PAUSED:
            return fact.paused_from is not None and today < fact.paused_from
        case _:
            return False


def clock(clock_ref: str) -> ClockFact:
    """One test clock.

    :raises NoSuchClock: there is none.
    """
    row = TestClock.objects.filter(pk=clock_ref).first()
    if row is None:
        raise NoSuchClock(clock_ref)
    return row.as_fact()


def clocks_of(*, owner_ref: str) -> tuple[ClockFact, ...]:
    """The owner's test clocks, newest first."""
    return tuple(row.as_fact() for row in TestClock.objects.filter(owner_ref=owner_ref).order_by("-id"))


def now_of(fact: SubscriptionFact, *, at: datetime) -> datetime:
    """What time it is for its customer: the test clock's, or `at`."""
    return clock(fact.clock_ref).now_at if fact.clock_ref else at


def _is_of(row: RecurringBilling, codes: set[str] | None) -> bool:
    return codes is None or row.plan.code in codes


def _facts(rows: Iterable[RecurringBilling]) -> tuple[SubscriptionFact, ...]:
    found = list(rows)
    open_ones = PeriodCharge.objects.filter(subscription__in=[row.pk for row in found], state="open")
    by_subscription = {charge.subscription_id: charge for charge in open_ones}
    return tuple(row.as_fact(by_subscription.get(row.pk)) for row in found)
