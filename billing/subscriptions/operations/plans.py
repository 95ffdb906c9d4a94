"""Plans, what they cost, and the rules by which their customers are asked."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from moneyed import Money

import billing.outbox.operations as outbox
import billing.pricing.operations as pricing
from billing import money
from billing.configuration.queries import business_date
from billing.ids import new_id
from billing.pricing.facts import PriceFact
from billing.subscriptions import rules
from billing.subscriptions.asking import Daytime
from billing.subscriptions.facts import PlanFact
from billing.subscriptions.models import ANY, CollectionRule, Plan, PriceNotice, RecurringBilling
from billing.subscriptions.periods import Interval, local_day
from billing.subscriptions.refusals import NoSuchPlan, PlanExists, RuleAlreadyPlanned
from billing.subscriptions.states import LIVE


def add_plan(
    *,
    owner_ref: str,
    code: str,
    title: str,
    title_en: str,
    interval: Interval,
    product_kind: str,
    at: datetime,
    interval_count: int = 1,
    trial_days: int = 0,
) -> PlanFact:
    """Offer something to subscribe to. The same plan again is the one there.

    :raises PlanExists: the client has another plan with that code.
    """
    wanted = {
        "title": title,
        "title_en": title_en,
        "interval": interval.value,
        "interval_count": interval_count,
        "trial_days": trial_days,
        "product_kind": product_kind,
    }
    plan, is_new = Plan.objects.get_or_create(
        owner_ref=owner_ref, code=code, defaults={"id": new_id("pln", at), "added_at": at, **wanted}
    )
    if not is_new and any(getattr(plan, name) != value for name, value in wanted.items()):
        raise PlanExists(f"{owner_ref} has another plan {code!r}")
    return plan.as_fact()


def withdraw_plan(*, plan_ref: str, owner_ref: str) -> PlanFact:
    """Offer it to nobody any more; whoever has it keeps it.

    :raises NoSuchPlan: the client has none with that id.
    """
    plan = Plan.objects.filter(pk=plan_ref, owner_ref=owner_ref).first()
    if plan is None:
        raise NoSuchPlan(plan_ref)
    plan.is_offered = False
    plan.save(update_fields=["is_offered"])
    return plan.as_fact()


@transaction.atomic
def set_plan_price(
    *, plan_ref: str, country: str, currency: str, amount: Money, at: datetime, valid_from: datetime | None = None
) -> PriceFact:
    """Set what a period costs in a country (`*`: wherever no own price is set), and tell who pays less now.

    New subscribers pay it from `valid_from` on. Subscribers pay a lower one from their next period on, a higher one
    from the first period that begins at least the rule's notice after they were told.

    :raises NoSuchPlan: there is none.
    :raises NotAPrice, BackdatedPrice, PriceAlreadyPlanned: as `billing.pricing.operations.set_price`.
    :raises NoCollectionRule: nobody has said how long before a notice is given.
    """
    plan = Plan.objects.filter(pk=plan_ref).first()
    if plan is None:
        raise NoSuchPlan(plan_ref)
    price = pricing.set_price(
        edition_ref=plan_ref, country=country, currency=currency, amount=amount, at=at, valid_from=valid_from
    )
    _tell(plan, price, valid_from or at, at)
    return price


@transaction.atomic
def set_rule(
    *,
    ask_days: Sequence[int],
    grace_days: int,
    give_up_days: int,
    price_notice_days: int,
    daytime: Daytime,
    valid_from: date,
    changed_by: str,
    at: datetime,
    country: str = ANY,
    interval: str = ANY,
    confidence: str = "high",
    legal_reference: str = "",
) -> str:
    """Say how customers are asked from `valid_from` on; gives the row's reference. The same again is the one there.

    :raises RuleAlreadyPlanned: another begins on or after that day.
    """
    values = {
        "ask_days": sorted(set(ask_days)),
        "grace_days": grace_days,
        "give_up_days": give_up_days,
        "price_notice_days": price_notice_days,
        "first_hour": daytime.first_hour,
        "end_hour": daytime.end_hour,
        "usual_hour": daytime.usual_hour,
        "confidence": confidence,
        "legal_reference": legal_reference,
    }
    same = CollectionRule.objects.select_for_update().filter(country=country, interval=interval)
    if former := same.filter(valid_to__isnull=True).first():
        if former.valid_from > valid_from:
            raise RuleAlreadyPlanned(f"{country} {interval}: a rule begins on {former.valid_from}")
        if all(getattr(former, name) == value for name, value in values.items()):
            return former.id
        former.valid_to = valid_from
        former.save(update_fields=["valid_to"])
    row = CollectionRule(id=new_id("rul", at), country=country, interval=interval, **values)
    row.valid_from, row.changed_by, row.recorded_at = valid_from, changed_by, at
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise RuleAlreadyPlanned(f"{country} {interval}: another rule was set at the same moment") from error
    return row.id


def load_reference(*, at: datetime) -> None:
    """Rules to begin with, for whoever has set none: a week's grace by the month, none by the day."""
    if CollectionRule.objects.exists():
        return
    day = Daytime(first_hour=8, end_hour=20, usual_hour=18)
    since = date(2020, 1, 1)
    monthly = {"ask_days": (0, 1, 3, 5, 7, 10), "grace_days": 7, "give_up_days": 14, "price_notice_days": 30}
    weekly = {"ask_days": (0, 1, 2), "grace_days": 1, "give_up_days": 3, "price_notice_days": 14}
    daily = {"ask_days": (0,), "grace_days": 0, "give_up_days": 1, "price_notice_days": 7}
    for interval, values in ((ANY, monthly), (Interval.WEEK, weekly), (Interval.DAY, daily)):
        set_rule(
            interval=str(interval),
            daytime=day,
            valid_from=since,
            changed_by="reference",
            confidence="low",
            legal_reference="Usage ; à fixer par marché",
            at=at,
            **values,  # type: ignore[arg-type]
        )


def _tell(plan: Plan, price: PriceFact, valid_from: datetime, at: datetime) -> None:
    """A notice for every subscriber whose agreed price is lower."""
    payers = RecurringBilling.objects.filter(
        Q(plan=plan, next_plan__isnull=True) | Q(next_plan=plan),
        state__in=[state.value for state in LIVE],
        currency=price.currency,
        unit_minor__lt=price.amount_minor,
    )
    if price.country != ANY:
        payers = payers.filter(country=price.country)
    for payer in payers.order_by("id").iterator(chunk_size=1000):
        notice_days = rules.rule(country=payer.country, interval=plan.interval, at=at).price_notice_days
        earliest = local_day(at, payer.timezone) + timedelta(days=notice_days)
        notice, is_new = PriceNotice.objects.get_or_create(
            subscription=payer,
            price_ref=price.ref,
            defaults={
                "unit_minor": price.amount_minor,
                "takes_effect_on": max(earliest, business_date(valid_from)),
                "told_at": at,
            },
        )
        if is_new:
            _publish(payer, notice, at)


def _publish(payer: RecurringBilling, notice: PriceNotice, at: datetime) -> None:
    data = {
        "id": payer.id,
        "plan": payer.plan_id,
        "from": {"amount": money.plain(payer.unit_minor, payer.currency), "currency": payer.currency},
        "to": {"amount": money.plain(notice.unit_minor, payer.currency), "currency": payer.currency},
        "takes_effect_on": str(notice.takes_effect_on),
    }
    outbox.publish(owner_ref=payer.owner_ref, kind="subscription.price_change", subject_ref=payer.id, data=data, at=at)
