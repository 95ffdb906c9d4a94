"""Two months of subscribers: trials, renewals paid in time, late and never, an upgrade, a pause, a farewell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from billing.invoices.facts import Customer
from billing.money import parse
from billing.payments import operations as payments
from billing.subscriptions import operations, queries
from billing.subscriptions.facts import PlanFact, SubscriptionFact
from billing.subscriptions.periods import Interval
from config import embedded
from config.demo import people, sales
from providers import simulation

_MARKETS = ("SN", "CI")
# code, French, English, XOF a period, interval, days of trial
_PLANS = (
    ("premium", "Coko Premium", "Coko Premium", "1500", Interval.MONTH, 7),
    ("premium-trimestre", "Coko Premium, trois mois", "Coko Premium, three months", "4000", Interval.QUARTER, 0),
    ("createur", "Coko Créateur", "Coko Creator", "500", Interval.MONTH, 0),
    ("semaine", "Coko, une semaine", "Coko, one week", "500", Interval.WEEK, 0),
)


@dataclass(frozen=True, slots=True)
class Story:
    """One subscriber: when, to what, how many days after the invoice each one is paid, and what else is wished when."""

    key: str
    plan: str
    begins: int  # days after the first
    pays_after: tuple[int, ...]  # by invoice; those beyond the last are never paid
    wishes: Mapping[int, str] = field(default_factory=dict)  # days after the first → wish
    country: str = "SN"


_STORIES = (
    Story("fidele", "premium", 0, (0, 1, 0, 0, 0)),
    Story("retard", "premium", 2, (0, 10, 0, 0)),
    Story("essai", "premium", 5, ()),
    Story("monte", "createur", 4, (0, 0, 0, 0, 0), {20: "premium"}),
    Story("part", "premium", 6, (0, 0, 0), {30: "cancel"}),
    Story("pause", "premium-trimestre", 8, (0, 0), {25: "pause", 40: "resume"}),
    Story("hebdo", "semaine", 10, (0, 0, 0, 0, 0, 0)),
    Story("abidjan", "premium", 12, (2, 3, 2), country="CI"),
)


def make(*, owner_ref: str, reader_ref: str, since: datetime, until: datetime) -> int:
    """Live the stories day by day, each payment through the simulated Wave; how many subscribers there are."""
    operations.load_reference(at=since)
    plans = {offer[0]: _plan(offer, owner_ref, since) for offer in _PLANS}
    with simulation.serve(book=embedded.var_dir() / "simulator.sqlite3") as simulators, sales.adapters_at(simulators):
        refs: dict[str, str] = {}
        for number in range((until - since).days):
            day = since + timedelta(days=number)
            _sweep(day)
            for story in _STORIES:
                if number == story.begins:
                    refs[story.key] = _begun(story, owner_ref, reader_ref, plans[story.plan], day + timedelta(hours=9))
                if wish := story.wishes.get(number):
                    _wish(refs[story.key], wish, plans, day + timedelta(hours=10))
                if story.key in refs:
                    _pay_if_due(story, refs[story.key], day + timedelta(hours=18), simulators)
        _sweep(until)
    return len(_STORIES)


def _sweep(at: datetime) -> None:
    operations.settle_due(at=at)
    while operations.turn_due(at=at):
        pass
    while operations.recognise(at=at):
        pass


def _plan(offer: tuple[str, str, str, str, Interval, int], owner_ref: str, at: datetime) -> PlanFact:
    code, title, title_en, amount, interval, trial_days = offer
    fact = operations.add_plan(
        owner_ref=owner_ref,
        code=code,
        title=title,
        title_en=title_en,
        interval=interval,
        trial_days=trial_days,
        product_kind="ebook",
        at=at,
    )
    for country in _MARKETS:
        operations.set_plan_price(plan_ref=fact.id, country=country, currency="XOF", amount=parse(amount, "XOF"), at=at)
    return fact


def _begun(story: Story, owner_ref: str, reader_ref: str, plan: PlanFact, at: datetime) -> str:
    place = _STORIES.index(story)
    there = queries.subscriptions_of(owner_ref=owner_ref, client_ref=f"demo-{story.key}", limit=1)
    if there:
        return there[0].id
    phone = f"+2250700{place:06}" if story.country == "CI" else f"+22177300{place:04}"
    first, last = people.FIRST_NAMES[place % 12], people.LAST_NAMES[place % 10]
    customer = Customer(
        name=f"{first} {last} (démo)",
        country=story.country,
        phone=phone,
        user_ref=reader_ref if story.key == "fidele" else None,
    )
    return operations.subscribe(
        owner_ref=owner_ref,
        plan_ref=plan.id,
        customer=customer,
        currency="XOF",
        provider="wave",
        by="demo",
        at=at,
        client_ref=f"demo-{story.key}",
    ).id


def _wish(subscription_ref: str, wish: str, plans: Mapping[str, PlanFact], at: datetime) -> None:
    fact = queries.subscription(subscription_ref)
    if fact.state not in ("active", "paused", "trialing"):
        return
    if wish == "cancel":
        operations.cancel(subscription_ref=fact.id, by="demo", at=at, reason="Je lis moins en ce moment")
    elif wish == "pause" and fact.state == "active":
        operations.pause(subscription_ref=fact.id, by="demo", at=at, reason="En voyage")
    elif wish == "resume":
        operations.resume(subscription_ref=fact.id, by="demo", at=at)
    elif wish in plans and fact.plan_ref != plans[wish].id:
        operations.change_plan(subscription_ref=fact.id, plan_ref=plans[wish].id, by="demo", at=at)


def _pay_if_due(story: Story, subscription_ref: str, at: datetime, simulators: simulation.Running) -> None:
    fact = queries.subscription(subscription_ref)
    if fact.open_charge is None or not _is_day_to_pay(story, fact, at):
        return
    payment = payments.start(
        invoice_ref=fact.open_charge.invoice_ref,
        provider=fact.provider,
        payer_phone=None,
        return_url="",
        at=at,
    )
    assert payment.provider_ref, "the simulator answers at once"
    simulators.approve(payment.provider_ref)
    payments.refresh(payment_ref=payment.id, source="poll", at=at + timedelta(seconds=75))
    operations.settle_one(subscription_ref=fact.id, at=at + timedelta(seconds=80))


def _is_day_to_pay(story: Story, fact: SubscriptionFact, at: datetime) -> bool:
    assert fact.open_charge is not None
    paid = sum(charge.state == "paid" for charge in queries.charges(fact.id))
    if paid >= len(story.pays_after):
        return False
    return (at.date() - fact.open_charge.issued_at.date()).days >= story.pays_after[paid]
