"""MRR, how it moved, and who stayed, from what was really paid."""

from datetime import date

import pytest

from billing.subscriptions import measures, operations
from billing.subscriptions.periods import Interval
from tests.factories.subscriptions import OWNER, active, days, pay_open, plan, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
START = days("2026-01-10")


@pytest.fixture
def monthly():
    return plan(at=START)


def mrr(text: str):
    return measures.recurring(owner_ref=OWNER, on=date.fromisoformat(text))


def moved(since: str, until: str):
    (fact,) = measures.movements(owner_ref=OWNER, since=date.fromisoformat(since), until=date.fromisoformat(until))
    sums = fact.before_minor + fact.new_minor + fact.reactivated_minor + fact.expanded_minor
    assert sums - fact.contracted_minor - fact.churned_minor == fact.after_minor
    return fact


class TestRecurring:
    def test_is_the_price_of_a_month_before_tax(self, monthly):
        active(monthly, at=START)
        (fact,) = mrr("2026-01-20")
        assert (fact.subscriber_count, fact.mrr_minor, fact.arr_minor, fact.arpu_minor) == (1, 1271, 15252, 1271)
        assert mrr("2026-01-09") == mrr("2026-02-10") == ()

    def test_brings_every_rhythm_to_a_month(self):
        for number, (interval, price) in enumerate(((Interval.YEAR, "12000"), (Interval.QUARTER, "3000"))):
            active(plan(at=START, code=str(interval), interval=interval, price=price), at=START, user_ref=f"u{number}")
        assert mrr("2026-01-20")[0].mrr_minor == 2 * 847  # 1 000 with 18 % within, twice

    def test_counts_neither_who_has_not_paid_nor_a_test_clocks_customers(self, monthly):
        subscribe(monthly, at=START)
        clock = operations.add_clock(owner_ref=OWNER, now_at=START, at=START)
        active(monthly, at=START, user_ref="usr_test", clock_ref=clock.id)
        assert mrr("2026-01-20") == ()


class TestMovements:
    def test_tell_new_from_lost(self, monthly):
        leaves = active(monthly, at=START, user_ref="usr_leaves")
        active(monthly, at=days("2026-02-15"), user_ref="usr_comes")
        operations.cancel(subscription_ref=leaves.id, by="x", at=START)
        operations.turn_due(at=days("2026-02-10", 0))
        fact = moved("2026-01-20", "2026-02-20")
        assert (fact.new_minor, fact.churned_minor, fact.churned_count, fact.before_count) == (1271, 1271, 1, 1)

    def test_tell_more_from_less_and_who_came_back(self, monthly):
        dearer = plan(at=START, code="famille", price="3000")
        grows = active(monthly, at=START, user_ref="usr_grows")
        operations.change_plan(subscription_ref=grows.id, plan_ref=dearer.id, by="x", at=days("2026-01-25"))
        pay_open(grows.id, at=days("2026-01-25", 10))
        assert moved("2026-01-20", "2026-01-26").expanded_minor == 2542 - 1271
        operations.change_plan(subscription_ref=grows.id, plan_ref=monthly.id, by="x", at=days("2026-02-01"))
        operations.turn_due(at=days("2026-02-10", 0))
        pay_open(grows.id, at=days("2026-02-10"))
        assert moved("2026-02-01", "2026-02-20").contracted_minor == 2542 - 1271
        for day in ("2026-03-10", "2026-03-17", "2026-03-24"):
            operations.turn_due(at=days(day, 0))
        active(monthly, at=days("2026-04-05"), user_ref="usr_grows")
        assert moved("2026-03-20", "2026-04-06").reactivated_minor == 1271


class TestCohorts:
    def test_count_who_is_there_month_by_month(self, monthly):
        stays = active(monthly, at=START, user_ref="usr_stays")
        active(monthly, at=days("2026-01-20"), user_ref="usr_leaves")
        operations.turn_due(at=days("2026-02-10", 0))
        pay_open(stays.id, at=days("2026-02-10"))
        active(monthly, at=days("2026-02-15"), user_ref="usr_later")
        assert measures.cohorts(owner_ref=OWNER, until=date(2026, 2, 28)) == (
            measures.CohortFact(date(2026, 1, 1), (2, 1)),
            measures.CohortFact(date(2026, 2, 1), (1,)),
        )
