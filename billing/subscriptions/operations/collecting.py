"""Asking customers to pay what is open: by mandate, by a request on the phone, or by a message with a link.

A request is committed before anything rings; a process that dies leaves it waiting, and the next takes it up. What the
payment's own rules refuse (another attempt open, paid already) is no second request.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

import billing.configuration.queries as configuration
import billing.outbox.operations as outbox
import billing.payments.operations as payments
import billing.payments.queries as payment_queries
from billing import money
from billing.ids import new_id
from billing.subscriptions import rules
from billing.subscriptions.asking import best_hour, next_moment
from billing.subscriptions.models import CollectionRequest, Mandate, PeriodCharge, RecurringBilling
from billing.subscriptions.operations import changes
from billing.subscriptions.operations.turning import plan_next_ask
from billing.subscriptions.refusals import NoCollectionRule

MANDATE, PUSH, MESSAGE = "mandate", "push", "message"
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
HISTORY = timedelta(days=180)


def ask_one(*, at: datetime) -> bool:
    """Ask one customer whose time has come, and find the hour for one whose day has come; whether there was one."""
    with transaction.atomic():
        due = changes.subscriptions().filter(next_ask_at__lte=at, clock__isnull=True).order_by("next_ask_at", "id")
        subscription = due.select_for_update(of=("self",), skip_locked=True).first()
        if subscription is None:
            return False
        request = ask(subscription, at=at)
    if request is not None:
        send(request, at=at)
    return True


def send_one(*, at: datetime) -> bool:
    """Send one request that a process left behind; whether there was one."""
    with transaction.atomic():
        waiting = CollectionRequest.objects.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=at),
            outcome="waiting",
            charge__subscription__clock__isnull=True,
        )
        request = waiting.order_by("planned_at").select_for_update(of=("self",), skip_locked=True).first()
        if request is None:
            return False
        request.leased_until = at + LEASE
        request.save(update_fields=["leased_until"])
    send(request, at=at)
    return True


def ask(subscription: RecurringBilling, *, at: datetime) -> CollectionRequest | None:
    """Decide for a locked subscription: wait for the hour (None), or write the request down to be sent."""
    charge = changes.open_charge(subscription)
    if charge is None or subscription.asks_stopped_at is not None:
        subscription.next_ask_at = None
        subscription.save(update_fields=["next_ask_at"])
        return None
    moment = _hour_of_today(subscription, at)
    if moment > at:
        subscription.next_ask_at = moment
        subscription.save(update_fields=["next_ask_at"])
        return None
    request = CollectionRequest.objects.create(
        id=new_id("ask", at),
        charge=charge,
        step=subscription.asked_count,
        way=way_for(subscription, charge, at=at),
        planned_at=at,
        leased_until=at + LEASE,
        country=subscription.country,
        subscriber=subscription.subscriber,
    )
    subscription.asked_count += 1
    _plan_on(subscription, charge, at)
    if request.way == MESSAGE:
        _publish(subscription, charge, at)
        request.outcome, request.leased_until = "sent", None
        request.save(update_fields=["outcome", "leased_until"])
        return None
    return request


def way_for(subscription: RecurringBilling, charge: PeriodCharge, *, at: datetime) -> str:
    """How this customer is asked, by what the wallet can do, never by its name."""
    options = payment_queries.options(
        country=subscription.country, currency=charge.currency, amount_minor=charge.gross_minor, at=at
    )
    wallet = next((one for one in options if one.provider == subscription.provider), None)
    if wallet is None or wallet.is_resting or not subscription.phone:
        return MESSAGE
    if Mandate.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at),
        subscription=subscription,
        provider=subscription.provider,
        state="approved",
    ).exists():
        return MANDATE
    if wallet.next_action_kind == "approve_on_phone" and not wallet.needs_code:
        return PUSH
    return MESSAGE


def send(request: CollectionRequest, *, at: datetime) -> None:
    """Start the payment, with no transaction open; whatever refuses it is noted, and a message goes out instead."""
    charge = PeriodCharge.objects.select_related("subscription__plan").get(pk=request.charge_id)
    subscription = charge.subscription
    try:
        payment_ref = payments.start(
            invoice_ref=charge.invoice_ref,
            provider=subscription.provider,
            payer_phone=subscription.phone,
            return_url="",
            at=at,
        ).id
    except payments.PaymentInProgress as running:
        _done(request, "sent", payment_ref=running.payment_ref, note="PaymentInProgress")
    except payments.InvoiceNotOpen:
        _done(request, "refused", note="InvoiceNotOpen")
    except (
        configuration.NoRoute,
        payment_queries.AmountOutOfRange,
        payment_queries.TooManyAttempts,
        payment_queries.WalletResting,
    ) as refusal:
        with transaction.atomic():
            _done(request, "refused", note=type(refusal).__name__)
            _publish(subscription, charge, at)
    else:
        _done(request, "sent", payment_ref=payment_ref)


def page_of(subscription_ref: str) -> str:
    """The one-tap address in messages: the customer's own page, with the button to pay on top."""
    return f"{settings.BASE_URL}/subscriptions/{subscription_ref}/"


def _hour_of_today(subscription: RecurringBilling, at: datetime) -> datetime:
    rule = rules.rule_of(subscription, at=at)
    daytime = rules.daytime(rule)
    own = _approvals(Q(subscriber=subscription.subscriber), at)
    others = _approvals(Q(country=subscription.country), at)
    hour = best_hour(daytime, own, others)
    return next_moment(at=at, hour=hour, daytime=daytime, timezone=subscription.timezone)


def _approvals(whose: Q, at: datetime) -> Mapping[int, int]:
    found = CollectionRequest.objects.filter(whose, approved_at__gt=at - HISTORY, approved_hour__isnull=False)
    return Counter(dict(found.values_list("approved_hour").annotate(Count("id"))))


def _plan_on(subscription: RecurringBilling, charge: PeriodCharge, at: datetime) -> None:
    """The next request; those whose day an outage has eaten are left out, nobody is asked twice a day for them."""
    try:
        rule = rules.rule_of(subscription, at=charge.issued_at)
        plan_next_ask(subscription, charge, rule)
        while subscription.next_ask_at is not None and subscription.next_ask_at <= at:
            subscription.asked_count += 1
            plan_next_ask(subscription, charge, rule)
    except NoCollectionRule:
        subscription.next_ask_at = None
    subscription.save(update_fields=["asked_count", "next_ask_at"])


def _publish(subscription: RecurringBilling, charge: PeriodCharge, at: datetime) -> None:
    data = {
        "id": subscription.id,
        "plan": subscription.plan_id,
        "invoice": charge.invoice_ref,
        "amount": {"amount": money.plain(charge.gross_minor, charge.currency), "currency": charge.currency},
        "language": subscription.customer_language,
        "pay_url": page_of(subscription.id),
    }
    outbox.publish(
        owner_ref=subscription.owner_ref,
        kind="subscription.payment_requested",
        subject_ref=subscription.id,
        data=data,
        at=at,
    )


def _done(request: CollectionRequest, outcome: str, *, payment_ref: str = "", note: str = "") -> None:
    request.outcome, request.payment_ref, request.note, request.leased_until = outcome, payment_ref, note, None
    request.save(update_fields=["outcome", "payment_ref", "note", "leased_until"])
