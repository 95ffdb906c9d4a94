"""What a customer, or whoever speaks for one, asks of a subscription. Each is one transaction with its row locked."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

import billing.configuration.queries as configuration
import billing.invoices.operations as invoices
import billing.invoices.queries as invoice_queries
from billing import phones
from billing.subscriptions import rules
from billing.subscriptions.facts import SubscriptionFact
from billing.subscriptions.models import Plan, RecurringBilling
from billing.subscriptions.operations import changes, charging, settling
from billing.subscriptions.operations.turning import end, plan_next_ask, resume_paused
from billing.subscriptions.periods import local_day
from billing.subscriptions.proration import unused
from billing.subscriptions.refusals import (
    AlreadySubscribed,
    NoSuchPlan,
    NothingLeftToPause,
    NothingToChange,
    NotNow,
    OwesMoney,
    PaymentOnItsWay,
    PlanNotOffered,
)
from billing.subscriptions.states import OWING, State


def cancel(
    *, subscription_ref: str, by: str, at: datetime, reason: str = "", at_period_end: bool = True
) -> SubscriptionFact:
    """End it: when the days that are paid are over (a trial: when it is over), or now.

    Who owes a period ends now: there is nothing paid to wait for, and the open invoice is void. Ending now gives
    nothing back by itself; the event says what the days left are worth, for whoever decides on a refund. Again is the
    same.

    :raises NoSuchSubscription, SubscriptionEnded: see there.
    :raises PaymentOnItsWay: the open invoice was paid a moment ago.
    """
    _note_payment(subscription_ref, at)
    with transaction.atomic():
        subscription = changes.locked_alive(subscription_ref)
        waits = at_period_end and subscription.state in (State.TRIALING, State.ACTIVE)
        if waits and subscription.cancels_at_end:
            return _told(subscription)
        if waits:
            subscription.cancels_at_end, subscription.end_reason = True, reason
            subscription.next_plan = None
            changes.note(subscription, what="cancels_at_end", by=by, at=at, reason=reason)
        else:
            worth = _worth_of_days_left(subscription, at)
            _ended_now(subscription, by=by, at=at, reason=reason, unused_minor=worth)
        return _saved(subscription)


def resume(*, subscription_ref: str, by: str, at: datetime) -> SubscriptionFact:
    """Go on: after a pause, or after a wish to cancel that has not come true yet. Again is the same.

    :raises NoSuchSubscription, SubscriptionEnded: see there; whoever comes back after the end subscribes anew.
    """
    with transaction.atomic():
        subscription = changes.locked_alive(subscription_ref)
        if subscription.state == State.PAUSED:
            resume_paused(subscription, by=by, at=at)
        elif subscription.cancels_at_end:
            subscription.cancels_at_end, subscription.end_reason = False, ""
            changes.note(subscription, what="goes_on", by=by, at=at)
        return _saved(subscription)


def pause(
    *, subscription_ref: str, by: str, at: datetime, resumes_on: date | None = None, reason: str = ""
) -> SubscriptionFact:
    """From tomorrow on no day counts until it is resumed, by a wish or on `resumes_on`; the days left are kept.

    :raises NoSuchSubscription, SubscriptionEnded: see there.
    :raises OwesMoney, NotNow: only what is active can be paused.
    :raises NothingLeftToPause: the period ends before, or it would be resumed before it is paused.
    """
    _note_payment(subscription_ref, at)
    with transaction.atomic():
        subscription = changes.locked_alive(subscription_ref)
        _must_be_active(subscription)
        begins = local_day(at, subscription.timezone) + timedelta(days=1)
        if begins >= subscription.ends_on or (resumes_on is not None and resumes_on <= begins):
            raise NothingLeftToPause(f"{subscription.id}: from {begins}, ends {subscription.ends_on}, {resumes_on}")
        _drop_offer(subscription, at)
        subscription.paused_from, subscription.resumes_on = begins, resumes_on
        subscription.schedules.filter(next_day__isnull=False, ends_on__gt=begins).update(held_from=begins)
        changes.move(subscription, State.PAUSED, what="paused", by=by, at=at, reason=reason)
        return _saved(subscription)


def change_plan(*, subscription_ref: str, plan_ref: str, by: str, at: datetime) -> SubscriptionFact:
    """Another plan: now, if there is more to pay than to give back; else from the next period on.

    Now means: an invoice with the unused days given back first, then the new plan (`open_charge`). The plan changes
    when it is paid; it holds on the day it was made. In a trial the plan changes at once. Today's plan again takes an
    earlier wish back.

    :raises NoSuchSubscription, SubscriptionEnded, NoSuchPlan, PlanNotOffered: see there.
    :raises NothingToChange: it is that plan, and no other is wished.
    :raises OwesMoney, NotNow: only a trial or what is active can change.
    :raises AlreadySubscribed: the person has that plan, too.
    :raises NoPrice, NoTaxRule: the plan is not sold there, or nobody has said how to tax it.
    """
    _note_payment(subscription_ref, at)
    try:
        with transaction.atomic():
            subscription = changes.locked_alive(subscription_ref)
            plan = Plan.objects.filter(pk=plan_ref, owner_ref=subscription.owner_ref).first()
            if plan is None:
                raise NoSuchPlan(plan_ref)
            if not plan.is_offered and plan.id != subscription.plan_id:
                raise PlanNotOffered(plan_ref)
            _changed(subscription, plan, by=by, at=at)
            return _saved(subscription)
    except IntegrityError as error:
        if "subscription_once_a_plan" not in str(error):
            raise
        raise AlreadySubscribed(subscription_ref) from error


def change_wallet(
    *, subscription_ref: str, provider: str, phone: str | None, by: str, at: datetime
) -> SubscriptionFact:
    """Ask another wallet, or another phone (E.164), from now on. Invoices that are open keep the phone they print.

    :raises NoSuchSubscription, SubscriptionEnded: see there.
    :raises NoRoute: we do not collect with that wallet there.
    """
    with transaction.atomic():
        subscription = changes.locked_alive(subscription_ref)
        configuration.route(provider=provider, market=subscription.country, currency=subscription.currency, at=at)
        subscription.provider = provider
        if phone:
            subscription.customer_phone_sealed = phones.seal(phone)
            subscription.customer_phone_index = phones.blind_index(phone)
        changes.note(subscription, what="wallet_changed", by=by, at=at, provider=provider)
        return _saved(subscription)


def stop_asking(*, subscription_ref: str, by: str, at: datetime) -> SubscriptionFact:
    """No request and no message any more, until `ask_again`. What is owed stays; unpaid, it expires in silence.

    :raises NoSuchSubscription, SubscriptionEnded: see there.
    """
    with transaction.atomic():
        subscription = changes.locked_alive(subscription_ref)
        if subscription.asks_stopped_at is None:
            subscription.asks_stopped_at, subscription.next_ask_at = at, None
            changes.note(subscription, what="asks_stopped", by=by, at=at)
        return _saved(subscription)


def ask_again(*, subscription_ref: str, by: str, at: datetime) -> SubscriptionFact:
    """Take `stop_asking` back: what is left of the requests of an open invoice goes out again.

    :raises NoSuchSubscription, SubscriptionEnded: see there.
    """
    with transaction.atomic():
        subscription = changes.locked_alive(subscription_ref)
        if subscription.asks_stopped_at is not None:
            subscription.asks_stopped_at = None
            charge = changes.open_charge(subscription)
            if charge and charge.kind == "period":
                plan_next_ask(subscription, charge, rules.rule_of(subscription, at=charge.issued_at))
            changes.note(subscription, what="asks_resumed", by=by, at=at)
        return _saved(subscription)


def _changed(subscription: RecurringBilling, plan: Plan, *, by: str, at: datetime) -> None:
    if plan.id == subscription.plan_id and subscription.next_plan_id is None:
        raise NothingToChange(f"{subscription.id} is {plan.code} already")
    if subscription.state != State.TRIALING:
        _must_be_active(subscription)
    _drop_offer(subscription, at)
    subscription.next_plan = None
    if plan.id == subscription.plan_id:
        changes.note(subscription, what="change_withdrawn", by=by, at=at)
    elif subscription.state == State.TRIALING:
        price = charging.list_price(plan=plan, country=subscription.country, currency=subscription.currency, at=at)
        subscription.plan, subscription.unit_minor, subscription.price_ref = plan, price.amount_minor, price.ref
        changes.note(subscription, what="plan_changed", by=by, at=at)
    else:
        _offer_or_wait(subscription, plan, by=by, at=at)


def _offer_or_wait(subscription: RecurringBilling, plan: Plan, *, by: str, at: datetime) -> None:
    today = local_day(at, subscription.timezone)
    change = charging.work_out_change(subscription, plan, today=today, at=at)
    if change.due_minor > 0:
        _must_be_free(subscription, plan)
        charge = charging.issue_change(subscription, change, at=at)
        subscription.cancels_at_end = False
        changes.note(subscription, what="change_offered", by=by, at=at, invoice=charge.invoice_ref, to=plan.id)
    else:
        subscription.next_plan, subscription.cancels_at_end = plan, False
        changes.note(subscription, what="changes_at_end", by=by, at=at, to=plan.id)


def _must_be_free(subscription: RecurringBilling, plan: Plan) -> None:
    """Refused before money is asked: once paid, a second subscription to the same plan could not be."""
    other = (
        RecurringBilling.objects.filter(
            owner_ref=subscription.owner_ref, subscriber=subscription.subscriber, plan=plan, ended_on__isnull=True
        )
        .exclude(pk=subscription.pk)
        .first()
    )
    if other is not None:
        raise AlreadySubscribed(other.id)


def _must_be_active(subscription: RecurringBilling) -> None:
    if subscription.state in OWING:
        raise OwesMoney(f"{subscription.id} is {subscription.state}")
    if subscription.state != State.ACTIVE:
        raise NotNow(f"{subscription.id} is {subscription.state}")


def _drop_offer(subscription: RecurringBilling, at: datetime) -> None:
    charge = changes.open_charge(subscription)
    if charge is None:
        return
    try:
        charging.void(charge, reason="Remplacée par un autre choix du client", at=at)
    except invoices.NotOpen as error:
        raise PaymentOnItsWay(charge.invoice_ref) from error


def _ended_now(subscription: RecurringBilling, *, by: str, at: datetime, reason: str, unused_minor: int) -> None:
    try:
        end(
            subscription,
            State.CANCELLED,
            what="cancelled",
            by=by,
            at=at,
            reason=reason or "Résilié par le client",
            unused_minor=unused_minor,
        )
    except invoices.NotOpen as error:
        raise PaymentOnItsWay(subscription.id) from error


def _worth_of_days_left(subscription: RecurringBilling, at: datetime) -> int:
    """Of what is paid, with tax: today counts as used."""
    if subscription.state not in (State.ACTIVE, State.PAUSED):
        return 0
    paid = charging.coverage(subscription)
    gross = invoice_queries.invoice(paid.invoice_ref).items[-1].gross_minor
    today = subscription.paused_from or local_day(at, subscription.timezone) + timedelta(days=1)
    used = min(max((today - paid.starts_on).days, 0), paid.day_count)
    return unused(gross, day_count=paid.day_count, used=used)


def _note_payment(subscription_ref: str, at: datetime) -> None:
    settling.settle_one(subscription_ref=subscription_ref, at=at)


def _saved(subscription: RecurringBilling) -> SubscriptionFact:
    charge = changes.open_charge(subscription)
    offer = charge if charge and charge.kind == "change" else None
    subscription.due_at = changes.next_due(subscription, offer=offer)
    subscription.save()
    return subscription.as_fact(charge)


def _told(subscription: RecurringBilling) -> SubscriptionFact:
    return subscription.as_fact(changes.open_charge(subscription))
