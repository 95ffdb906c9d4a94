"""Test clocks: customers for whom time passes when somebody says so. Everything due fires in order, one by one."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from billing.ids import new_id
from billing.subscriptions.facts import ClockFact
from billing.subscriptions.models import RecurringBilling, TestClock
from billing.subscriptions.operations import changes, collecting, settling
from billing.subscriptions.operations.turning import turn
from billing.subscriptions.refusals import ClockGoesForward, ClocksAreOff, NoSuchClock

# Stripe's is two intervals; two years show a yearly plan renew twice.
AT_ONCE = timedelta(days=731)
_ASKED, _TURNED = 0, 1


def add_clock(*, owner_ref: str, now_at: datetime, at: datetime, name: str = "") -> ClockFact:
    """A clock that stands at `now_at` until it is advanced.

    :raises ClocksAreOff: in production.
    """
    if settings.PRODUCTION:
        raise ClocksAreOff("test clocks are for demo and test")
    return TestClock.objects.create(id=new_id("clk", at), owner_ref=owner_ref, name=name, now_at=now_at).as_fact()


def advance(*, clock_ref: str, owner_ref: str, to: datetime, at: datetime) -> ClockFact:
    """Let time pass until `to`: trial ends, renewals, requests, grace, expiry fire in their order, each at its moment.

    What was really paid is noted before each step. Payments that a step starts are real ones, of the moment `at`, with
    whatever providers this installation talks to. Stopped half-way, it is advanced again from where it stood.

    :raises NoSuchClock: the client has none with that id.
    :raises ClockGoesForward: `to` is earlier than the clock, or more than two years later.
    """
    clock = TestClock.objects.filter(pk=clock_ref, owner_ref=owner_ref).first()
    if clock is None:
        raise NoSuchClock(clock_ref)
    if not clock.now_at <= to <= clock.now_at + AT_ONCE:
        raise ClockGoesForward(f"{clock_ref} stands at {clock.now_at}")
    _settle_all(clock, clock.now_at)
    while (due := _next(clock, to)) is not None:
        moment, what, subscription_ref = due
        _stand_at(clock, max(moment, clock.now_at))
        if what == _TURNED:
            _turn(subscription_ref, clock.now_at)
        else:
            _ask(subscription_ref, clock.now_at, at)
    _stand_at(clock, to)
    _settle_all(clock, to)
    return clock.as_fact()


def _next(clock: TestClock, to: datetime) -> tuple[datetime, int, str] | None:
    """What is due first; of one moment, requests before what ends them, then by the subscription's id."""
    rows = RecurringBilling.objects.filter(clock=clock).values_list("id", "due_at", "next_ask_at")
    moments = [(due_at, _TURNED, ref) for ref, due_at, _ in rows if due_at and due_at <= to]
    moments += [(ask_at, _ASKED, ref) for ref, _, ask_at in rows if ask_at and ask_at <= to]
    return min(moments, default=None)


def _turn(subscription_ref: str, moment: datetime) -> None:
    settling.settle_one(subscription_ref=subscription_ref, at=moment)
    with transaction.atomic():
        subscription = changes.locked(subscription_ref)
        if subscription.due_at and subscription.due_at <= moment:  # paid a moment ago, it may be due later
            turn(subscription, at=moment)


def _ask(subscription_ref: str, moment: datetime, at: datetime) -> None:
    settling.settle_one(subscription_ref=subscription_ref, at=moment)
    with transaction.atomic():
        request = collecting.ask(changes.locked(subscription_ref), at=moment)
    if request is not None:
        collecting.send(request, at=at)
        settling.settle_one(subscription_ref=subscription_ref, at=moment)


def _settle_all(clock: TestClock, moment: datetime) -> None:
    for subscription_ref in RecurringBilling.objects.filter(clock=clock).order_by("id").values_list("id", flat=True):
        settling.settle_one(subscription_ref=subscription_ref, at=moment)


def _stand_at(clock: TestClock, moment: datetime) -> None:
    clock.now_at = moment
    clock.save(update_fields=["now_at"])
