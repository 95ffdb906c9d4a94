"""A payer's leave to debit in advance: asked for once, then looked at until it is over."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from billing import phones
from billing.ids import new_id
from billing.subscriptions import gateway
from billing.subscriptions.facts import MandateFact
from billing.subscriptions.models import Mandate, RecurringBilling
from billing.subscriptions.operations import changes
from billing.subscriptions.refusals import NotNow

VALID_FOR = timedelta(days=365)
# A payer answers within minutes; afterwards he may end it on the phone at any time, so it is looked at daily.
_WHILE_PENDING, _WHILE_APPROVED = timedelta(minutes=1), timedelta(days=1)
_GIVE_UP_AFTER = timedelta(hours=1)
LEASE = timedelta(minutes=2)


def ask_mandate(*, subscription_ref: str, by: str, at: datetime) -> MandateFact:
    """Ask the customer to allow debits without a prompt each time. Again, while one is alive, is that one.

    :raises NoSuchSubscription, SubscriptionEnded: see there.
    :raises NotNow: the wallet knows no such thing, or there is no phone.
    """
    subscription = changes.subscriptions().filter(pk=subscription_ref).first()
    provider = subscription.provider if subscription else ""
    market = subscription.country if subscription else ""
    if subscription and not (subscription.phone and gateway.takes_mandates(provider, market)):
        raise NotNow(f"{provider} in {market} takes no mandates")
    platform = gateway.platform(provider, market) if subscription else ""
    try:
        with transaction.atomic(durable=True):
            row = changes.locked_alive(subscription_ref)
            mandate = Mandate.objects.create(
                id=new_id("man", at),
                subscription=row,
                provider=row.provider,
                market=row.country,
                currency=row.currency,
                payer_phone_sealed=row.customer_phone_sealed,
                platform=platform,
                state="pending",
                asked_at=at,
                next_check_at=at + LEASE,
            )
            changes.note(row, what="mandate_asked", by=by, at=at)
    except IntegrityError:
        alive = Mandate.objects.filter(subscription_id=subscription_ref, state__in=["pending", "approved"])
        return alive.get().as_fact()
    return _apply(mandate, gateway.start(_leave(mandate)), at)


def check_one(*, at: datetime) -> bool:
    """Look at one mandate whose time has come; whether there was one."""
    with transaction.atomic(durable=True):
        due = Mandate.objects.filter(next_check_at__lte=at).order_by("next_check_at", "id")
        mandate = due.select_for_update(skip_locked=True).first()
        if mandate is None:
            return False
        mandate.next_check_at = at + LEASE
        mandate.save(update_fields=["next_check_at"])
    answer = gateway.fetch(_leave(mandate))
    if answer.state == "not_found" and at - mandate.asked_at < _GIVE_UP_AFTER:
        answer = gateway.start(_leave(mandate))  # a process died before it was sent; the same reference asks once
    _apply(mandate, answer, at)
    return True


def end_mandate(*, subscription_ref: str, at: datetime) -> MandateFact | None:
    """Take the leave back at the provider; None: there is none."""
    mandate = Mandate.objects.filter(subscription_id=subscription_ref, state__in=["pending", "approved"]).first()
    if mandate is None:
        return None
    return _apply(mandate, gateway.cancel(_leave(mandate)), at)


def _apply(mandate: Mandate, answer: gateway.Answer, at: datetime) -> MandateFact:
    with transaction.atomic():
        row = Mandate.objects.select_for_update().get(pk=mandate.pk)
        if row.state not in ("pending", "approved"):
            return row.as_fact()
        if answer.state in ("approved", "rejected", "expired", "cancelled"):
            row.state, row.expires_at = answer.state, answer.expires_at or row.expires_at
        elif row.state == "pending" and at - row.asked_at >= _GIVE_UP_AFTER:
            row.state = "expired"
        pause = {"pending": _WHILE_PENDING, "approved": _WHILE_APPROVED}.get(row.state)
        row.next_check_at = at + pause if pause else None
        row.save()
    return row.as_fact()


def _leave(mandate: Mandate) -> gateway.Leave:
    plan = RecurringBilling.objects.select_related("plan").get(pk=mandate.subscription_id).plan
    return gateway.Leave(
        mandate_ref=mandate.id,
        provider=mandate.provider,
        market=mandate.market,
        currency=mandate.currency,
        payer_phone=phones.unseal(mandate.payer_phone_sealed),
        description=plan.title,
        valid_for=VALID_FOR,
        platform=mandate.platform,
        asked_at=mandate.asked_at,
    )
