"""Random lives of a subscription against a plain account of days and francs.

The account knows no periods, anchors or states. It counts: days that were paid for, days that were read, days given
back; and adds up what should have been paid in exact fractions. At the end of every day, whatever happened:

* what is left of the paid days is what the subscription says: no day is billed twice, none is free by accident;
* the invoices paid are the sums expected, to the franc, credits and charges;
* income earned and deferred make the net amounts paid, and the ledger's check finds nothing.
"""

import os
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import transaction
from hypothesis import settings as tried
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.invoices import queries as invoices
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.subscriptions import ledger_checks, operations, queries
from billing.subscriptions.facts import ChargeFact, SubscriptionFact
from billing.subscriptions.periods import Interval
from tests.factories.subscriptions import USER, days, pay, plan, subscribe, subscription_world

PLANS = {
    "mois": ("1500", Interval.MONTH, 0),
    "famille": ("3100", Interval.MONTH, 0),
    "semaine": ("500", Interval.WEEK, 0),
    "annee": ("15000", Interval.YEAR, 0),
    "essai": ("1700", Interval.MONTH, 10),
}


TURNS = {
    *("invoiced", "paid", "grace_over", "expired", "cancelled", "paused", "resumed"),
    *("change_offered", "change_lapsed", "changes_at_end", "plan_changed"),
}
SEEN: set[str] = set()  # what happened in any of the lives


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


class Account:
    """Days and francs of one customer."""

    def __init__(self) -> None:
        self.days_left = 0  # paid for and not read; below zero: read and not paid
        self.forgiven = 0
        self.francs = 0
        self.coverage: tuple[int, date, date] | None = None  # what pays for the present days: francs, first day, end

    def read(self, *, is_trial: bool) -> None:
        self.days_left -= 0 if is_trial else 1

    def paid_period(self, gross: int, starts_on: date, ends_on: date) -> None:
        self.days_left += (ends_on - starts_on).days
        self.francs += gross
        self.coverage = (gross, starts_on, ends_on)

    def paid_change(self, *, price: int, today: date, period: tuple[date, date], ends_on: date) -> int:
        """What should have been asked for; the day of the change is the new plan's."""
        gross, starts_on, until = self.coverage
        given_back = gross - half_up(Fraction(gross * (today - starts_on).days, (until - starts_on).days))
        if ends_on == until:
            whole = (period[1] - period[0]).days
            new = price - half_up(Fraction(price * (today - period[0]).days, whole))
        else:
            new = price
        self.days_left += (ends_on - today).days - (until - today).days
        self.coverage = (new, today, ends_on)
        self.francs += new - given_back
        return new - given_back

    def moved(self, later: int) -> None:
        if self.coverage and later:
            gross, starts_on, until = self.coverage
            self.coverage = (gross, starts_on + timedelta(days=later), until + timedelta(days=later))


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.today = date(2026, 1, 31)
        self.account = Account()

    @initialize(first=st.sampled_from(sorted(PLANS)))
    def begin(self, first: str) -> None:
        subscription_world(at=days("2026-01-01", 0))
        self.plans = {
            code: plan(at=self.at(0), code=code, price=price, interval=interval, trial_days=trial)
            for code, (price, interval, trial) in PLANS.items()
        }
        self.ref = subscribe(self.plans[first], at=self.at()).id

    @rule(count=st.integers(1, 12), is_outage=st.booleans())
    def time_passes(self, count: int, is_outage: bool) -> None:
        """Day by day; in an outage nothing of ours runs until the last of them."""
        for number in range(1, count + 1):
            self.end_of_day()
            self.today += timedelta(days=1)
            if not is_outage or number == count:
                self.sweep()

    @rule(beyond=st.integers(0, 12))
    def period_ends(self, beyond: int) -> None:
        """On to the first days of the next one; a year is not waited for."""
        left = (self.now().ends_on - self.today).days
        self.time_passes(min(max(left, 0), 31) + beyond, is_outage=False)

    @precondition(lambda self: self.now().open_charge is not None)
    @rule(hour=st.integers(10, 20))
    def pay(self, hour: int) -> None:
        before = self.now()
        charge = before.open_charge
        if charge is None:
            return
        pay(charge.invoice_ref, at=self.at(hour))
        operations.settle_due(at=self.at(hour))
        after = self.now()
        if charge.kind == "period":
            settled = next(one for one in queries.charges(self.ref) if one.id == charge.id)
            self.account.paid_period(charge.gross_minor, settled.starts_on, settled.ends_on)
            assert charge.gross_minor == before.unit_minor
        else:
            self.check_change(before, charge)
        assert after.state == "active"
        self.sweep(hour)

    @rule(code=st.sampled_from(sorted(PLANS)))
    def change_plan(self, code: str) -> None:
        try:
            operations.change_plan(subscription_ref=self.ref, plan_ref=self.plans[code].id, by=USER, at=self.at())
        except (operations.NothingToChange, operations.OwesMoney, operations.NotNow, operations.SubscriptionEnded):
            return

    @precondition(lambda self: self.now().state == "active")
    @rule(code=st.sampled_from(sorted(PLANS)))
    def change_plan_and_sleep_on_it(self, code: str) -> None:
        self.change_plan(code)
        self.time_passes(1, is_outage=False)

    @precondition(lambda self: self.now().state == "active")
    @rule(code=st.sampled_from(sorted(PLANS)))
    def change_plan_and_pay(self, code: str) -> None:
        """Often enough that some lives change twice within one period."""
        self.change_plan(code)
        self.pay(hour=11)

    @rule(at_period_end=st.booleans(), is_meant=st.sampled_from([False, False, False, True]))
    def cancel(self, at_period_end: bool, is_meant: bool) -> None:
        if not is_meant:  # lives that end early show little
            return
        with_refusal(
            lambda: operations.cancel(subscription_ref=self.ref, by=USER, at=self.at(), at_period_end=at_period_end)
        )

    @rule(back_in=st.none() | st.integers(2, 20))
    def pause(self, back_in: int | None) -> None:
        resumes_on = self.today + timedelta(days=back_in) if back_in else None
        with_refusal(lambda: operations.pause(subscription_ref=self.ref, by=USER, at=self.at(), resumes_on=resumes_on))

    @precondition(lambda self: self.now().state == "active")
    @rule(away=st.integers(1, 12))
    def pause_and_come_back(self, away: int) -> None:
        self.pause(back_in=None)
        self.time_passes(away, is_outage=False)
        self.resume()

    @precondition(lambda self: self.now().state == "paused" or self.now().cancels_at_end)
    @rule()
    def resume(self) -> None:
        before = self.now()
        with_refusal(lambda: operations.resume(subscription_ref=self.ref, by=USER, at=self.at()))
        self.note_moves(before)

    @precondition(lambda self: self.now().ended_on is not None)
    @rule(code=st.sampled_from(sorted(PLANS)))
    def come_back(self, code: str) -> None:
        self.close()
        self.account = Account()
        self.ref = subscribe(self.plans[code], at=self.at()).id

    @invariant()
    def days_are_counted(self) -> None:
        """What is left after today, if nothing more happened."""
        if not hasattr(self, "ref"):
            return
        now, left = self.now(), self.account.days_left
        tomorrow = self.today + timedelta(days=1)
        left -= 1 if self.reads_today(now) and now.state != "trialing" else 0
        charge = now.open_charge if now.open_charge and now.open_charge.kind == "period" else None
        length = (charge.ends_on - charge.starts_on).days if charge else 0
        if now.state == "active":
            assert left == (now.ends_on - tomorrow).days, (left, now)
        elif now.state == "paused":
            assert left == (now.ends_on - max(min(tomorrow, now.paused_from), now.starts_on)).days, (left, now)
        elif now.state == "grace":
            assert left + length == (now.ends_on - tomorrow).days, (left, now)
        elif now.state == "past_due":
            assert left + length == (now.ends_on - max(now.starts_on, now.grace_ends_on)).days, (left, now)
        elif now.state == "trialing":
            assert left == 0

    @invariant()
    def francs_are_counted(self) -> None:
        if hasattr(self, "ref"):
            paid = [one for one in queries.charges(self.ref) if one.state == "paid"]
            assert sum(one.gross_minor for one in paid) == self.account.francs
            numbers = [one.number for one in queries.charges(self.ref) if one.kind == "period"]
            assert len(numbers) == len(set(numbers))

    def teardown(self) -> None:
        try:
            if hasattr(self, "ref"):
                self.close()
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    def close(self) -> None:
        SEEN.update(event.what for event in queries.events(self.ref))
        self.check_books()

    def check_books(self) -> None:
        """The books of the whole life: what is deferred and what is earned make what was paid."""
        operations.recognise(at=self.at(23))
        assert list(ledger_checks.differences()) == []
        waiting, earned = (-ledger.balance(AccountKey("coko-sn", code, "XOF")) for code in ("477", "7065"))
        nets = [invoice.net_minor for invoice in invoices.invoices_of_user(USER) if invoice.state == "paid"]
        assert waiting + earned == sum(nets)

    def end_of_day(self) -> None:
        now = self.now()
        if self.reads_today(now):
            self.account.read(is_trial=now.state == "trialing")
        operations.recognise(at=self.at(23))

    def sweep(self, hour: int = 0) -> None:
        while True:
            before = self.now()
            taken = operations.turn_due(at=self.at(hour))
            self.note_moves(before)
            if not taken:
                return

    def note_moves(self, before: SubscriptionFact) -> None:
        after = self.now()
        if before.state == "paused" and after.state == "active":
            self.account.moved((after.ends_on - before.ends_on).days)

    def check_change(self, before: SubscriptionFact, charge: ChargeFact) -> None:
        price = int(PLANS[self.code_of(charge.plan_ref)][0])
        expected = self.account.paid_change(
            price=price,
            today=charge.starts_on,
            period=(before.starts_on, before.ends_on),
            ends_on=charge.ends_on,
        )
        assert charge.gross_minor == expected

    def code_of(self, plan_ref: str) -> str:
        return next(code for code, fact in self.plans.items() if fact.id == plan_ref)

    def reads_today(self, now: SubscriptionFact) -> bool:
        return queries.may_read(now, at=self.at())

    def now(self) -> SubscriptionFact:
        return queries.subscription(self.ref)

    def at(self, hour: int = 9) -> datetime:
        return days(str(self.today), hour)


def with_refusal(wish) -> None:
    """Do it, or be told why not."""
    try:
        wish()
    except (
        operations.NothingLeftToPause,
        operations.NotNow,
        operations.OwesMoney,
        operations.SubscriptionEnded,
    ):
        return


class TestLives(TestCase):
    databases = frozenset({"default"})

    def test_agree_with_the_account(self):
        lives = int(os.environ.get("COKO_LIFE_EXAMPLES", "0"))
        # The same lives every time; COKO_LIFE_EXAMPLES=200 tries others.
        chosen = tried(max_examples=lives or 15, derandomize=not lives, stateful_step_count=25, deadline=None)
        run_state_machine_as_test(Life, settings=chosen)
        assert len(SEEN & TURNS) >= 8, "the lives were too tame to prove anything"
