"""How a subscription changes state: by the table, with an event, told to the API client."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

import billing.outbox.operations as outbox
from billing import money
from billing.subscriptions.models import PeriodCharge, RecurringBilling, SubscriptionEvent
from billing.subscriptions.periods import midnight
from billing.subscriptions.refusals import NoSuchSubscription, SubscriptionEnded
from billing.subscriptions.states import ENDED, State, may_follow

SWEEP = "sweep"


class IllegalChange(Exception):
    """A state that may not follow: a bug, nothing is written."""


def locked(subscription_ref: str) -> RecurringBilling:
    """The subscription, ours until the transaction ends.

    :raises NoSuchSubscription: there is none.
    """
    found = subscriptions().select_for_update(of=("self",)).filter(pk=subscription_ref).first()
    if found is None:
        raise NoSuchSubscription(subscription_ref)
    return found


def locked_alive(subscription_ref: str) -> RecurringBilling:
    """
    :raises NoSuchSubscription: there is none.
    :raises SubscriptionEnded: it is over.
    """
    subscription = locked(subscription_ref)
    if subscription.state in ENDED:
        raise SubscriptionEnded(f"{subscription.id} is {subscription.state}")
    return subscription


def subscriptions() -> QuerySet[RecurringBilling]:
    return RecurringBilling.objects.select_related("plan", "next_plan", "clock")


def open_charge(subscription: RecurringBilling) -> PeriodCharge | None:
    return PeriodCharge.objects.filter(subscription=subscription, state="open").first()


def move(
    subscription: RecurringBilling, then: State, *, what: str, by: str, at: datetime, reason: str = "", **details: Any
) -> None:
    """Change the state of a locked subscription; the caller saves it."""
    if not may_follow(State(subscription.state), then):
        raise IllegalChange(f"{subscription.id}: {subscription.state} to {then}")
    subscription.state = then.value
    if then in ENDED:
        subscription.next_ask_at = subscription.due_at = None
    note(subscription, what=what, by=by, at=at, reason=reason, **details)


def note(subscription: RecurringBilling, *, what: str, by: str, at: datetime, reason: str = "", **details: Any) -> None:
    """Write down that something happened, and tell the API client."""
    SubscriptionEvent.objects.create(
        subscription=subscription,
        state=subscription.state,
        what=what,
        reason=reason,
        by=by,
        details=details,
        happened_at=at,
    )
    data = {
        "id": subscription.id,
        "plan": subscription.plan_id,
        "state": str(subscription.state),
        "period": {"starts_on": str(subscription.starts_on), "ends_on": str(subscription.ends_on)},
        "price": {
            "amount": money.plain(subscription.unit_minor, subscription.currency),
            "currency": subscription.currency,
        },
        **details,
    }
    outbox.publish(
        owner_ref=subscription.owner_ref, kind=f"subscription.{what}", subject_ref=subscription.id, data=data, at=at
    )


def next_due(subscription: RecurringBilling, *, offer: PeriodCharge | None = None) -> datetime | None:
    """When something happens to it by itself. `offer`: a change of plan that waits to be paid."""
    match State(subscription.state):
        case State.TRIALING:
            day = subscription.trial_ends_on
        case State.ACTIVE:
            # An offer holds on the day it was made: on the next one its amounts would be others.
            day = min(subscription.ends_on, offer.issued_on + timedelta(days=1)) if offer else subscription.ends_on
        case State.GRACE:
            day = subscription.grace_ends_on
        case State.PAST_DUE:
            day = subscription.gives_up_on
        case State.PAUSED:
            day = subscription.resumes_on
        case _:
            day = None
    return midnight(day, subscription.timezone) if day else None
