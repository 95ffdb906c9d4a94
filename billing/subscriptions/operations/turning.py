"""What happens to a subscription by itself when its time has come: trial over, renewal, grace over, expiry, resuming.

Set-based: a batch of one country's due rows is claimed with SKIP LOCKED and done in one transaction. Whoever comes
second finds nothing due; a period cannot be charged twice (unique); what an outage left undone is done in order.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

import billing.configuration.queries as configuration
import billing.invoices.operations as invoices
import billing.invoices.queries as invoice_queries
import billing.payments.queries as payments
from billing.payments.states import OPEN
from billing.pricing.queries import NoPrice
from billing.subscriptions import rules
from billing.subscriptions.facts import CollectionRuleFact
from billing.subscriptions.models import PeriodCharge, RecurringBilling
from billing.subscriptions.operations import changes, charging
from billing.subscriptions.operations.changes import SWEEP
from billing.subscriptions.periods import Anchor, Period, local_day, midnight, period
from billing.subscriptions.refusals import NoCollectionRule
from billing.subscriptions.states import State

log = logging.getLogger(__name__)

BATCH = 50
# Money may be on its way: looked at again after this.
PATIENCE = timedelta(minutes=15)
# Nobody has said how to go on: looked at again after this.
HELD = timedelta(days=1)
_NOBODY_SAID = (NoPrice, configuration.NoTaxRule, configuration.NoSeller, NoCollectionRule)


def turn_due(*, at: datetime, limit: int = BATCH) -> int:
    """Do what is due for up to `limit` subscriptions of one country; how many were taken up.

    One country a transaction: its invoices are of one series, and two workers never wait for each other crosswise.
    """
    with transaction.atomic():
        due = changes.subscriptions().filter(due_at__lte=at, clock__isnull=True).order_by("due_at", "id")
        free = due.select_for_update(of=("self",), skip_locked=True)
        first = free.first()
        if first is None:
            return 0
        rows = list(free.filter(country=first.country)[:limit])
        for row in rows:
            turn(row, at=at)
        return len(rows)


def turn_some(*, at: datetime) -> bool:
    """The same for a sweep; whether there was anything."""
    return turn_due(at=at) > 0


def turn(subscription: RecurringBilling, *, at: datetime) -> None:
    """Do the one thing that is due for a locked subscription, and say when the next is."""
    try:
        with transaction.atomic():
            again_at = _turned(subscription, at)
    except _NOBODY_SAID as refusal:
        subscription.refresh_from_db()
        log.error("subscription %s is held: %s", subscription.id, refusal)
        subscription.held_reason, subscription.due_at = str(refusal), at + HELD
        subscription.save(update_fields=["held_reason", "due_at"])
        return
    except invoices.NotOpen:
        # Paid in this very moment: it is noted first, and nothing was taken away.
        subscription.refresh_from_db()
        subscription.due_at = at + PATIENCE
        subscription.save(update_fields=["due_at"])
        return
    subscription.held_reason = ""
    offer = changes.open_charge(subscription) if subscription.state == State.ACTIVE else None
    subscription.due_at = again_at or changes.next_due(subscription, offer=offer)
    subscription.save()


def bill(
    subscription: RecurringBilling,
    *,
    stretch: Period,
    at: datetime,
    by: str = SWEEP,
    customer_is_present: bool = False,
) -> PeriodCharge:
    """Invoice a period of a locked subscription, and let it wait to be paid: in grace if anything was paid before.

    Whoever stands before the page is not sent a message at once.
    """
    today = local_day(at, subscription.timezone)
    rule = rules.rule_of(subscription, at=at)
    price = charging.renewal_price(subscription, starts_on=stretch.starts_on, at=at)
    charge = charging.issue_period(subscription, stretch=stretch, price=price, at=at)
    paid_before = PeriodCharge.objects.filter(subscription=subscription, state="paid").exists()
    subscription.unit_minor, subscription.price_ref = price.amount_minor, price.ref
    subscription.number, subscription.starts_on, subscription.ends_on = (
        stretch.number,
        stretch.starts_on,
        stretch.ends_on,
    )
    # Counted from today: an outage of ours takes no grace away. Who never paid has none, and reads once it is paid.
    in_grace = paid_before and rule.grace_days > 0
    subscription.grace_ends_on = today + timedelta(days=rule.grace_days) if paid_before else stretch.starts_on
    subscription.gives_up_on = today + timedelta(days=max(rule.give_up_days, 1))
    subscription.asked_count = 1 if customer_is_present and rule.ask_days[:1] == [0] else 0
    plan_next_ask(subscription, charge, rule)
    details: dict[str, Any] = {"invoice": charge.invoice_ref, "number": stretch.number}
    then = State.GRACE if in_grace else State.PAST_DUE
    if subscription.state == then:
        changes.note(subscription, what="invoiced", by=by, at=at, **details)
    else:
        changes.move(subscription, then, what="invoiced", by=by, at=at, **details)
    return charge


def plan_next_ask(subscription: RecurringBilling, charge: PeriodCharge, rule: CollectionRuleFact) -> None:
    """From which day on the customer is asked next; at which hour is decided on that day."""
    subscription.next_ask_at = None
    if subscription.asks_stopped_at is None and subscription.asked_count < len(rule.ask_days):
        day = charge.issued_on + timedelta(days=rule.ask_days[subscription.asked_count])
        subscription.next_ask_at = midnight(day, subscription.timezone)


def end(
    subscription: RecurringBilling, then: State, *, what: str, by: str, at: datetime, reason: str, **details: Any
) -> None:
    """It is over. The invoice that waits is given up with it.

    :raises NotOpen: that invoice was paid meanwhile.
    """
    if charge := changes.open_charge(subscription):
        charging.void(charge, reason=reason, at=at)
    subscription.ended_on, subscription.end_reason = local_day(at, subscription.timezone), reason
    subscription.cancels_at_end = False
    changes.move(subscription, then, what=what, by=by, at=at, reason=reason, **details)


def resume_paused(subscription: RecurringBilling, *, by: str, at: datetime) -> None:
    """The days that were left go on from today."""
    assert subscription.paused_from is not None
    waited = max((local_day(at, subscription.timezone) - subscription.paused_from).days, 0)
    charging.shift(subscription, waited)
    for schedule in subscription.schedules.select_for_update().filter(held_from__isnull=False):
        schedule.held_from = None
        schedule.starts_on += timedelta(days=waited)
        schedule.ends_on += timedelta(days=waited)
        schedule.next_day = schedule.next_day + timedelta(days=waited) if schedule.next_day else None
        schedule.save(update_fields=["held_from", "starts_on", "ends_on", "next_day"])
    subscription.paused_from = subscription.resumes_on = None
    changes.move(subscription, State.ACTIVE, what="resumed", by=by, at=at, waited_days=waited)


def _turned(subscription: RecurringBilling, at: datetime) -> datetime | None:
    """Do it; a moment when it could not be done yet and is to be looked at again."""
    today = local_day(at, subscription.timezone)
    charge = changes.open_charge(subscription)
    # Before a test clock moves, what was paid is noted; and a payer's minutes are not that clock's.
    if charge and subscription.clock_id is None and _money_is_coming(charge):
        return at + PATIENCE
    match State(subscription.state):
        case State.TRIALING if subscription.trial_ends_on and today >= subscription.trial_ends_on:
            _end_trial(subscription, at)
        case State.ACTIVE:
            if charge:  # an offer whose day is over
                charging.void(charge, reason="Offre de changement non payée le jour même", at=at)
                changes.note(subscription, what="change_lapsed", by=SWEEP, at=at, invoice=charge.invoice_ref)
            if today >= subscription.ends_on:
                _end_period(subscription, at)
        case State.GRACE if subscription.grace_ends_on and today >= subscription.grace_ends_on:
            changes.move(subscription, State.PAST_DUE, what="grace_over", by=SWEEP, at=at)
        case State.PAST_DUE if subscription.gives_up_on and today >= subscription.gives_up_on:
            end(subscription, State.EXPIRED, what="expired", by=SWEEP, at=at, reason="Période non payée")
        case State.PAUSED if subscription.resumes_on and today >= subscription.resumes_on:
            resume_paused(subscription, by=SWEEP, at=at)
    return None


def _money_is_coming(charge: PeriodCharge) -> bool:
    """Whether it is paid, not yet noted here, or a payer is just deciding: then nothing is taken away."""
    if invoice_queries.invoice(charge.invoice_ref).state == "paid":
        return True
    return any(payment.state in OPEN for payment in payments.payments_of_invoice(charge.invoice_ref))


def _end_trial(subscription: RecurringBilling, at: datetime) -> None:
    if subscription.cancels_at_end:
        end(subscription, State.CANCELLED, what="cancelled", by=SWEEP, at=at, reason=subscription.end_reason)
        return
    assert subscription.trial_ends_on is not None
    subscription.anchor_on, subscription.anchor_number = subscription.trial_ends_on, 1
    bill(subscription, stretch=period(subscription.anchor, subscription.plan.rhythm, 1), at=at)


def _end_period(subscription: RecurringBilling, at: datetime) -> None:
    if subscription.cancels_at_end:
        end(subscription, State.CANCELLED, what="cancelled", by=SWEEP, at=at, reason=subscription.end_reason)
        return
    if subscription.next_plan is not None:
        _take_next_plan(subscription, at)
    following = period(subscription.anchor, subscription.plan.rhythm, subscription.number + 1)
    bill(subscription, stretch=following, at=at)


def _take_next_plan(subscription: RecurringBilling, at: datetime) -> None:
    plan = subscription.next_plan
    assert plan is not None
    price = charging.list_price(plan=plan, country=subscription.country, currency=subscription.currency, at=at)
    if plan.rhythm != subscription.plan.rhythm:
        anchor = Anchor(subscription.ends_on, subscription.number + 1)
        subscription.anchor_on, subscription.anchor_number = anchor.on, anchor.number
    subscription.plan, subscription.next_plan = plan, None
    subscription.unit_minor, subscription.price_ref = price.amount_minor, price.ref
    changes.note(subscription, what="plan_changed", by=SWEEP, at=at)
