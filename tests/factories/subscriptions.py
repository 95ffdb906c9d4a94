"""Plans and subscriptions through public operations: a monthly and a dearer plan, in Senegal, paid as by a payment."""

from datetime import UTC, datetime
from typing import Any

from billing.configuration.operations import load_reference
from billing.ids import new_id
from billing.invoices import operations as invoices
from billing.invoices.facts import InvoiceFact
from billing.money import parse
from billing.subscriptions import operations, queries
from billing.subscriptions.facts import PlanFact, SubscriptionFact
from billing.subscriptions.periods import Interval
from tests.factories.billing import customer

OWNER = "usr_00000000000000000000000001"
USER = "usr_00000000000000000000000002"
PHONE = "+221771234567"


def subscription_world(*, at: datetime) -> None:
    """The reference values: sellers, taxes, wallets, and how customers are asked."""
    load_reference(at=at)
    operations.load_reference(at=at)


def plan(
    *,
    at: datetime,
    code: str = "premium",
    price: str = "1500",
    interval: Interval = Interval.MONTH,
    trial_days: int = 0,
    country: str = "SN",
    currency: str = "XOF",
    **changed: Any,
) -> PlanFact:
    fact = operations.add_plan(
        owner_ref=OWNER,
        code=code,
        title=code.title(),
        title_en=code.title(),
        interval=interval,
        product_kind="ebook",
        trial_days=trial_days,
        at=at,
        **changed,
    )
    operations.set_plan_price(
        plan_ref=fact.id, country=country, currency=currency, amount=parse(price, currency), at=at
    )
    return fact


def subscribe(
    wanted: PlanFact, *, at: datetime, user_ref: str | None = USER, phone: str | None = PHONE, **changed: Any
) -> SubscriptionFact:
    asked: dict[str, Any] = {"currency": "XOF", "provider": "wave", "by": OWNER, **changed}
    who = asked.pop("to", None) or customer(user_ref=user_ref, phone=phone)
    return operations.subscribe(owner_ref=OWNER, plan_ref=wanted.id, customer=who, at=at, **asked)


def pay(invoice_ref: str, *, at: datetime, book: bool = True) -> InvoiceFact:
    """As if a payment had come: the invoice is paid and, unless told otherwise, the money booked as payments do."""
    from billing.ledger import operations as ledger
    from billing.payments import postings

    payment_ref = new_id("pay", at)
    paid = invoices.mark_paid(invoice_ref=invoice_ref, payment_ref=payment_ref, provider="wave", fee_minor=0, at=at)
    if book:
        received = postings.Received(
            payment_ref=payment_ref,
            invoice_number=paid.number,
            entity=paid.entity,
            provider="wave",
            market=paid.country,
            currency=paid.currency,
            gross_minor=paid.gross_minor,
            fee_minor=0,
            received_at=at,
        )
        ledger.post(draft=postings.captured(received, net_minor=paid.net_minor, tax_minor=paid.tax_minor), at=at)
    return paid


def pay_open(subscription_ref: str, *, at: datetime) -> SubscriptionFact:
    """Pay what it owes, and let it be noted."""
    charge = queries.subscription(subscription_ref).open_charge
    assert charge is not None
    pay(charge.invoice_ref, at=at)
    operations.settle_one(subscription_ref=subscription_ref, at=at)
    return queries.subscription(subscription_ref)


def active(wanted: PlanFact, *, at: datetime, **changed: Any) -> SubscriptionFact:
    """Subscribed and paid at the same moment."""
    return pay_open(subscribe(wanted, at=at, **changed).id, at=at)


def days(text: str, hour: int = 9) -> datetime:
    """A moment of that day: `days("2026-11-03")`."""
    return datetime.fromisoformat(text).replace(hour=hour, tzinfo=UTC)
