"""Subscribing: a free trial first, or the first period's invoice."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

import billing.configuration.queries as configuration
from billing.ids import new_id
from billing.invoices.facts import Customer
from billing.invoices.rows import customer_columns
from billing.pricing.facts import PriceFact
from billing.subscriptions import rules
from billing.subscriptions.facts import SubscriptionFact
from billing.subscriptions.models import Plan, RecurringBilling, TestClock
from billing.subscriptions.operations import changes, charging
from billing.subscriptions.operations.turning import bill
from billing.subscriptions.periods import Period, local_day, period
from billing.subscriptions.refusals import AlreadySubscribed, NoSuchClock, NoSuchPlan, PlanNotOffered
from billing.subscriptions.states import LIVE, State


def subscribe(
    *,
    owner_ref: str,
    plan_ref: str,
    customer: Customer,
    currency: str,
    provider: str,
    by: str,
    at: datetime,
    timezone: str | None = None,
    clock_ref: str | None = None,
    client_ref: str = "",
) -> SubscriptionFact:
    """Begin a subscription; the customer is known by the client's word (`client_ref`), our account, or the phone.

    With a trial the customer has not had yet, nothing is asked until it ends. Without, the first period begins today
    and is read once its invoice (`open_charge`) is paid. With a test clock, `at` is that clock's.

    :raises NoSuchPlan, PlanNotOffered: see there.
    :raises NoSuchClock: the client has none with that id.
    :raises NoTimezone: the country has several; say which.
    :raises NoPrice, NoTaxRule, NoSeller, NoCollectionRule: nobody has said what it costs, how it is taxed, who sells
        it, how to ask for the money.
    :raises NoRoute: we do not collect with that wallet there.
    :raises AlreadySubscribed: the person has that plan.
    """
    plan = Plan.objects.filter(pk=plan_ref, owner_ref=owner_ref).first()
    if plan is None:
        raise NoSuchPlan(plan_ref)
    if not plan.is_offered:
        raise PlanNotOffered(plan_ref)
    if clock_ref and not TestClock.objects.filter(pk=clock_ref, owner_ref=owner_ref).exists():
        raise NoSuchClock(clock_ref)
    price = _sellable(plan, customer.country, currency, provider, at)
    timezone = timezone or rules.timezone_of(customer.country)
    row = _row(owner_ref, plan, customer, price, provider, timezone, at, client_ref)
    row.clock_id = clock_ref
    try:
        return _begin(row, by=by, at=at)
    except IntegrityError as error:
        if "subscription_once_a_plan" not in str(error):
            raise
        there = RecurringBilling.objects.filter(
            owner_ref=owner_ref, subscriber=row.subscriber, plan=plan, state__in=[state.value for state in LIVE]
        )
        raise AlreadySubscribed(there.values_list("id", flat=True).first() or "") from error


def _sellable(plan: Plan, country: str, currency: str, provider: str, at: datetime) -> PriceFact:
    """The price, once everything is known that a renewal will need."""
    configuration.seller(country=country, at=at)
    configuration.tax_rule(country=country, product_kind=plan.product_kind, at=at)
    configuration.route(provider=provider, market=country, currency=currency, at=at)
    rules.rule(country=country, interval=plan.interval, at=at)
    return charging.list_price(plan=plan, country=country, currency=currency, at=at)


@transaction.atomic
def _begin(row: RecurringBilling, *, by: str, at: datetime) -> SubscriptionFact:
    row.save(force_insert=True)
    changes.note(row, what="started", by=by, at=at)
    charge = None
    if row.state == State.PAST_DUE:
        first = Period(1, row.starts_on, row.ends_on)
        charge = bill(row, stretch=first, customer_is_present=True, by=by, at=at)
    row.due_at = changes.next_due(row)
    row.save()
    return row.as_fact(charge)


def _row(
    owner_ref: str,
    plan: Plan,
    customer: Customer,
    price: PriceFact,
    provider: str,
    timezone: str,
    at: datetime,
    client_ref: str,
) -> RecurringBilling:
    columns = customer_columns(customer)
    today = local_day(at, timezone)
    row = RecurringBilling(
        id=new_id("sub", at),
        owner_ref=owner_ref,
        plan=plan,
        **{name: value for name, value in columns.items() if name != "customer_country"},
        client_ref=client_ref,
        subscriber=_subscriber(client_ref, columns) or new_id("prs", at),
        country=customer.country,
        timezone=timezone,
        provider=provider,
        currency=price.currency,
        unit_minor=price.amount_minor,
        price_ref=price.ref,
        started_at=at,
    )
    if plan.trial_days and not _had_a_trial(row):
        row.state, row.number = State.TRIALING, 0
        row.trial_ends_on = today + timedelta(days=plan.trial_days)
        row.anchor_on = row.ends_on = row.trial_ends_on
        row.starts_on = today
    else:
        # Nothing is read before it is paid, so nobody is in grace yet.
        row.state, row.number, row.anchor_on = State.PAST_DUE, 1, today
        first = period(row.anchor, plan.rhythm, 1)
        row.starts_on, row.ends_on = first.starts_on, first.ends_on
    return row


def _subscriber(client_ref: str, columns: Mapping[str, str]) -> str:
    """Who it is, for «once» and «one trial»: nothing of a client's can be taken for one of our accounts."""
    said = f"client:{client_ref}" if client_ref else ""
    return said or columns["customer_user_ref"] or columns["customer_phone_index"]


def _had_a_trial(row: RecurringBilling) -> bool:
    return RecurringBilling.objects.filter(
        owner_ref=row.owner_ref, subscriber=row.subscriber, trial_ends_on__isnull=False
    ).exists()
