"""Test clocks: everything due fires in order, each at its moment, and the same every time."""

from datetime import timedelta

import pytest

from billing.invoices import queries as invoices
from billing.subscriptions import operations, queries
from billing.subscriptions.periods import Interval
from tests.factories.subscriptions import OWNER, USER, days, pay, plan, subscribe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world")]
START = days("2026-01-31", 0)
NOW = days("2026-06-01")


@pytest.fixture
def clock():
    return operations.add_clock(owner_ref=OWNER, now_at=START, at=NOW, name="essai")


def advance(clock, text: str, hour: int = 0):
    return operations.advance(clock_ref=clock.id, owner_ref=OWNER, to=days(text, hour), at=NOW)


def story(ref: str) -> list[tuple[str, str]]:
    return [(f"{event.happened_at:%m-%d %H}", event.what) for event in queries.events(ref)]


class TestAdvance:
    def test_fires_a_life_in_order_at_its_moments(self, clock):
        trial = plan(at=START, trial_days=7)
        fact = subscribe(trial, at=START, clock_ref=clock.id)
        advance(clock, "2026-03-01")
        assert story(fact.id) == [
            ("01-31 00", "started"),
            ("02-07 00", "invoiced"),
            ("02-21 00", "expired"),
        ]
        assert [str(request.planned_at.date()) for request in queries.requests(fact.id)] == [
            *("2026-02-07", "2026-02-08", "2026-02-10", "2026-02-12", "2026-02-14", "2026-02-17"),
        ]
        assert {request.planned_at.hour for request in queries.requests(fact.id)} == {18}

    def test_notes_what_was_paid_and_renews(self, clock):
        fact = subscribe(plan(at=START), at=START, clock_ref=clock.id)
        pay(fact.open_charge.invoice_ref, at=NOW, book=False)
        advance(clock, "2026-03-01")
        fact = queries.subscription(fact.id)
        assert (fact.state, fact.number) == ("grace", 2)
        assert queries.is_entitled(user_ref=USER, at=NOW)  # by the clock, not by ours
        advance(clock, "2026-03-07")
        assert not queries.is_entitled(user_ref=USER, at=NOW)

    def test_in_one_go_or_in_many_comes_to_the_same(self):
        lives = []
        for steps in (["2026-03-10"], ["2026-02-03", "2026-02-07", "2026-02-07", "2026-02-09", "2026-03-10"]):
            clock = operations.add_clock(owner_ref=OWNER, now_at=START, at=NOW)
            daily = plan(at=START, code="semaine", interval=Interval.WEEK, price="500", trial_days=3)
            fact = subscribe(daily, at=START, clock_ref=clock.id, user_ref=f"usr_{len(lives)}")
            for step in steps:
                advance(clock, step)
            lives.append((story(fact.id), [request.planned_at for request in queries.requests(fact.id)]))
        assert lives[0] == lives[1]

    def test_is_not_touched_by_the_sweeps(self, clock):
        fact = subscribe(plan(at=START, trial_days=7), at=START, clock_ref=clock.id)
        assert operations.turn_due(at=NOW) == 0
        assert not operations.ask_one(at=NOW)
        assert queries.subscription(fact.id).state == "trialing"

    def test_several_customers_in_the_order_of_their_moments(self, clock):
        late = subscribe(plan(at=START, trial_days=9), at=START, clock_ref=clock.id, user_ref="usr_late")
        soon = subscribe(plan(at=START, code="b", trial_days=3), at=START, clock_ref=clock.id, user_ref="usr_soon")
        advance(clock, "2026-02-10")
        numbers = [
            invoices.invoice(queries.subscription(ref).open_charge.invoice_ref).number for ref in (soon.id, late.id)
        ]
        assert numbers == sorted(numbers)

    def test_goes_forward_only_and_for_its_owner(self, clock):
        with pytest.raises(operations.ClockGoesForward):
            operations.advance(clock_ref=clock.id, owner_ref=OWNER, to=START - timedelta(hours=1), at=NOW)
        with pytest.raises(operations.ClockGoesForward):
            operations.advance(clock_ref=clock.id, owner_ref=OWNER, to=START + timedelta(days=800), at=NOW)
        with pytest.raises(operations.NoSuchClock):
            operations.advance(clock_ref=clock.id, owner_ref="usr_other", to=NOW, at=NOW)

    def test_is_off_in_production(self, settings):
        settings.PRODUCTION = True
        with pytest.raises(operations.ClocksAreOff):
            operations.add_clock(owner_ref=OWNER, now_at=START, at=NOW)
