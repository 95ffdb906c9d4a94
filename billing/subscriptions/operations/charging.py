"""Issues a subscription's invoices: for a period, or for a change of plan within one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import billing.configuration.queries as configuration
import billing.invoices.operations as invoices
import billing.invoices.queries as invoice_queries
import billing.pricing.queries as pricing
from billing.ids import new_id
from billing.invoices.facts import Customer, InvoiceItemFact
from billing.pricing import quoting
from billing.pricing.facts import PriceFact, Quote
from billing.pricing.tax import TaxLine, split_inclusive
from billing.references.facts import BookFact
from billing.subscriptions import document
from billing.subscriptions.models import PeriodCharge, Plan, PriceNotice, RecurringBilling
from billing.subscriptions.periods import Anchor, Period, local_day, period
from billing.subscriptions.proration import unused


@dataclass(frozen=True, slots=True)
class Change:
    """What another plan costs from today on: what is given back first, then what is new."""

    plan: Plan
    price: PriceFact
    starts_on: date
    ends_on: date
    quotes: tuple[Quote, ...]

    @property
    def due_minor(self) -> int:
        return sum(quote.gross_minor for quote in self.quotes)


def customer_of(subscription: RecurringBilling) -> Customer:
    return Customer(
        name=subscription.customer_name,
        country=subscription.country,
        phone=subscription.phone,
        email=subscription.customer_email or None,
        language=subscription.customer_language,
        user_ref=subscription.customer_user_ref or None,
    )


def list_price(*, plan: Plan, country: str, currency: str, at: datetime) -> PriceFact:
    """What a period of the plan costs somebody who subscribes now.

    :raises NoPrice: it is not sold there in that currency.
    """
    found = pricing.prices(edition_refs=[plan.id], country=country, at=at)[plan.id]
    price = next((one for one in found if one.currency == currency), None)
    if price is None:
        raise pricing.NoPrice(f"{plan.code} has no price in {country} in {currency} at {at}")
    return price


def renewal_price(subscription: RecurringBilling, *, starts_on: date, at: datetime) -> PriceFact:
    """What the next period costs: a lower price at once, a higher one only after a notice that was given in time.

    A plan that is not sold there any more keeps what was agreed.
    """
    plan = subscription.plan
    agreed = PriceFact(
        subscription.price_ref, plan.id, subscription.country, subscription.currency, subscription.unit_minor
    )
    try:
        listed = list_price(plan=plan, country=subscription.country, currency=subscription.currency, at=at)
    except pricing.NoPrice:
        return agreed
    if listed.amount_minor <= agreed.amount_minor:
        return listed
    told = PriceNotice.objects.filter(
        subscription=subscription, price_ref=listed.ref, takes_effect_on__lte=starts_on
    ).exists()
    return listed if told else agreed


def issue_period(subscription: RecurringBilling, *, stretch: Period, price: PriceFact, at: datetime) -> PeriodCharge:
    """The invoice of one period of the subscription's plan.

    :raises NoTaxRule, NoSeller: nobody has said how to tax it, or who sells there.
    """
    title = document.period_title(
        plan=_title(subscription.plan, subscription),
        starts_on=stretch.starts_on,
        ends_on=stretch.ends_on,
        language=subscription.customer_language,
    )
    quote = _quote(subscription, subscription.plan, price, price.amount_minor, title, at)
    return _issue(subscription, "period", subscription.plan, price, stretch, [quote], at)


def issue_change(subscription: RecurringBilling, change: Change, *, at: datetime) -> PeriodCharge:
    """The invoice of a change of plan; it becomes the plan when it is paid."""
    keeps = change.ends_on == subscription.ends_on
    number = subscription.number if keeps else subscription.number + 1
    stretch = Period(number, change.starts_on, change.ends_on)
    return _issue(subscription, "change", change.plan, change.price, stretch, change.quotes, at)


def work_out_change(subscription: RecurringBilling, plan: Plan, *, today: date, at: datetime) -> Change:
    """What changing to `plan` today costs. The unused days of the old one are given back, to the franc.

    Of the same rhythm: the rest of this period at the new price. Of another: a whole period, from today.

    :raises NoPrice, NoTaxRule: the plan is not sold there, or nobody has said how to tax it.
    """
    price = list_price(plan=plan, country=subscription.country, currency=subscription.currency, at=at)
    paid = coverage(subscription)
    used = (today - paid.starts_on).days
    if plan.rhythm == subscription.plan.rhythm:
        ends_on = subscription.ends_on
        whole, over = (ends_on - subscription.starts_on).days, (today - subscription.starts_on).days
        gross = unused(price.amount_minor, day_count=whole, used=over)
    else:
        ends_on = period(Anchor(today), plan.rhythm, 1).ends_on
        gross = price.amount_minor
    item = invoice_queries.invoice(paid.invoice_ref).items[-1]
    old = document.unused_title(
        plan=_title(paid.plan, subscription),
        starts_on=today,
        ends_on=paid.ends_on,
        language=subscription.customer_language,
    )
    new = document.period_title(
        plan=_title(plan, subscription), starts_on=today, ends_on=ends_on, language=subscription.customer_language
    )
    credit = given_back(item, day_count=paid.day_count, used=used, title=old, subscription=subscription, at=at)
    charge = _quote(subscription, plan, price, gross, new, at)
    return Change(plan, price, today, ends_on, (credit, charge))


def coverage(subscription: RecurringBilling) -> PeriodCharge:
    """The charge that pays for the present days: the last one that was paid."""
    paid = PeriodCharge.objects.filter(subscription=subscription, state="paid").select_related("plan")
    return paid.order_by("-issued_at", "-number", "-id")[0]


def given_back(
    item: InvoiceItemFact, *, day_count: int, used: int, title: str, subscription: RecurringBilling, at: datetime
) -> Quote:
    """A line's unused days as a negative line: at the taxes it was sold with, whatever the law says today.

    Gross and each tax are cut separately, so that what was used and what is given back sum to what was printed.
    """
    gross = -unused(item.gross_minor, day_count=day_count, used=used)
    taxes = tuple(
        TaxLine(line.code, line.rate, -unused(line.amount_minor, day_count=day_count, used=used))
        for line in item.tax_lines
    )
    return Quote(
        edition_ref=item.edition_ref,
        title=title,
        product_kind=item.product_kind,
        quantity=1,
        country=subscription.country,
        currency=subscription.currency,
        unit_minor=gross,
        gross_minor=gross,
        net_minor=gross - sum(line.amount_minor for line in taxes),
        tax_lines=taxes,
        tax_rule_ref="",
        tax_reference=item.tax_reference,
        price_ref=subscription.price_ref,
        quoted_at=at,
    )


def void(charge: PeriodCharge, *, reason: str, at: datetime) -> None:
    """Give up a charge and its invoice.

    :raises NotOpen: it was paid meanwhile.
    """
    invoices.void(invoice_ref=charge.invoice_ref, reason=reason, at=at)
    charge.state = "void"
    charge.save(update_fields=["state"])


def _title(plan: Plan, subscription: RecurringBilling) -> str:
    return plan.title_en if subscription.customer_language == "en" else plan.title


def _quote(
    subscription: RecurringBilling, plan: Plan, price: PriceFact, gross_minor: int, title: str, at: datetime
) -> Quote:
    rule = configuration.tax_rule(country=subscription.country, product_kind=plan.product_kind, at=at)
    sold = BookFact(plan.id, plan.id, title, subscription.customer_language, plan.product_kind, ())
    asked = PriceFact(price.ref, plan.id, subscription.country, subscription.currency, gross_minor)
    return quoting.compose(book=sold, price=asked, rule=rule, quantity=1, country=subscription.country, at=at)


def _issue(
    subscription: RecurringBilling,
    kind: str,
    plan: Plan,
    price: PriceFact,
    stretch: Period,
    quotes: Sequence[Quote],
    at: datetime,
) -> PeriodCharge:
    invoice = invoices.open_invoice(
        owner_ref=subscription.owner_ref, customer=customer_of(subscription), quotes=quotes, at=at
    )
    return PeriodCharge.objects.create(
        id=new_id("chg", at),
        subscription=subscription,
        number=stretch.number,
        kind=kind,
        state="open",
        plan=plan,
        unit_minor=price.amount_minor,
        unit_net_minor=_before_tax(price.amount_minor, quotes[-1]),
        price_ref=price.ref,
        starts_on=stretch.starts_on,
        ends_on=stretch.ends_on,
        gross_minor=invoice.gross_minor,
        currency=invoice.currency,
        invoice_ref=invoice.id,
        issued_on=local_day(at, subscription.timezone),
        issued_at=at,
    )


def _before_tax(gross_minor: int, quote: Quote) -> int:
    return split_inclusive(gross_minor, [(line.code, line.rate) for line in quote.tax_lines]).net_minor


def shift(subscription: RecurringBilling, days: int) -> None:
    """Move the present period later: days nobody could read are not taken from what was paid."""
    if not days:
        return
    later = timedelta(days=days)
    subscription.starts_on += later
    subscription.ends_on += later
    subscription.anchor_on, subscription.anchor_number = subscription.ends_on, subscription.number + 1
    for charge in PeriodCharge.objects.filter(
        subscription=subscription, number=subscription.number, state__in=["open", "paid"]
    ):
        charge.starts_on += later
        charge.ends_on += later
        charge.save(update_fields=["starts_on", "ends_on"])
