"""Revenue by day: to the franc, once, whatever happens to the days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.subscriptions import ledger_checks, operations, queries
from billing.subscriptions.models import RevenueSchedule
from billing.subscriptions.proration import through
from tests.factories.subscriptions import USER, active, days, pay_open, plan, subscribe, subscription_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
START = days("2026-01-31")


def balance(code: str) -> int:
    """Of Senegal's company, as it is read: income and deferred income positive."""
    return -ledger.balance(AccountKey("coko-sn", code, "XOF"))


def run(text: str) -> tuple:
    return operations.recognise(at=days(text, 2))


def run_daily(first: str, until: str) -> list:
    day, end, facts = date.fromisoformat(first), date.fromisoformat(until), []
    while day <= end:
        facts += run(str(day))
        day += timedelta(days=1)
    return facts


@pytest.fixture
def monthly():
    return plan(at=START)


@pytest.fixture
def dearer():
    return plan(at=START, code="famille", price="3000")


class TestRecognise:
    def test_what_is_paid_waits_and_is_earned_day_by_day(self, monthly):
        active(monthly, at=START)
        assert (balance("477"), balance("7065")) == (1271, 0)
        run("2026-02-01")
        assert (balance("477"), balance("7065")) == (1226, 45)
        facts = run_daily("2026-02-02", "2026-03-01")
        assert (balance("477"), balance("7065")) == (0, 1271)
        assert {fact.amount_minor for fact in facts} == {45, 46}
        assert list(ledger_checks.differences()) == []

    def test_nothing_is_earned_before_its_day_is_over(self, monthly):
        active(monthly, at=START)
        assert run("2026-01-31") == ()

    def test_twice_is_once_and_an_outage_is_made_up_for_day_by_day(self, monthly):
        active(monthly, at=START)
        facts = run("2026-02-11")
        assert [fact.day for fact in facts] == [date(2026, 1, 31) + timedelta(days=count) for count in range(11)]
        assert sum(fact.amount_minor for fact in facts) == through(1271, day_count=28, days=11)
        assert run("2026-02-11") == ()
        dated = {entry.happened_at.date() for entry in _entries()}
        assert dated == {fact.day for fact in facts}

    def test_of_many_is_one_entry_a_day(self, monthly):
        for number in range(7):
            active(monthly, at=START, user_ref=f"usr_{number}")
        (fact,) = run("2026-02-01")
        assert fact.amount_minor == 7 * through(1271, day_count=28, days=1)
        assert len(_entries()) == 1

    def test_in_small_batches_comes_to_the_same(self, monthly):
        for number in range(7):
            active(monthly, at=START, user_ref=f"usr_{number}")
        while operations.recognise(at=days("2026-02-11"), limit=2):
            pass
        assert balance("7065") == 7 * through(1271, day_count=28, days=11)

    def test_of_a_change_is_the_sum_of_its_lines(self, monthly, dearer):
        fact = active(monthly, at=START)
        operations.change_plan(subscription_ref=fact.id, plan_ref=dearer.id, by=USER, at=days("2026-02-14"))
        pay_open(fact.id, at=days("2026-02-14", 10))
        nets = [row.net_minor for row in RevenueSchedule.objects.all()]
        assert (len(nets), balance("477")) == (3, sum(nets))
        run_daily("2026-02-01", "2026-03-01")
        assert (balance("477"), balance("7065")) == (0, sum(nets))
        assert list(ledger_checks.differences()) == []

    def test_of_days_that_are_paused_waits(self, monthly):
        fact = active(monthly, at=START)
        operations.pause(subscription_ref=fact.id, by=USER, at=days("2026-02-10"))
        run("2026-03-10")
        assert balance("7065") == through(1271, day_count=28, days=11)
        operations.resume(subscription_ref=fact.id, by=USER, at=days("2026-03-21"))
        run("2026-03-22")
        assert balance("7065") == through(1271, day_count=28, days=12)
        run("2026-04-07")
        assert (balance("477"), balance("7065")) == (0, 1271)

    def test_of_a_period_paid_late_begins_when_it_can_be_read(self, monthly):
        fact = subscribe(monthly, at=START)
        pay_open(fact.id, at=START + timedelta(days=3))
        facts = run("2026-02-10")
        assert facts[0].day == date(2026, 2, 3)


def tamper(statement: str) -> None:
    """As an owner of the tables could, past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = 'origin'")


class TestChecks:
    def test_find_an_account_that_says_otherwise(self, monthly):
        active(monthly, at=START)
        tamper("UPDATE subscriptions_revenueschedule SET recognised_minor = 5, recognised_days = 1")
        (found,) = ledger_checks.differences()
        assert (found.rule, found.message) == ("deferred_income", "1271 is deferred, 1266 waits for its days")

    def test_find_a_charge_without_its_entry(self, monthly):
        fact = active(monthly, at=START)
        tamper("UPDATE subscriptions_periodcharge SET entry_ref = 'jrn_other'")
        (found,) = ledger_checks.differences()
        assert (found.rule, found.subject) == ("charge_entry", queries.charges(fact.id)[0].id)


class TestThroughInSql(TestCase):
    databases = frozenset({"default"})

    @given(total=st.integers(-(10**15), 10**15), day_count=st.integers(1, 366), data=st.data())
    @tried(max_examples=200)
    def test_is_pythons(self, total, day_count, data):
        k = data.draw(st.integers(0, day_count))
        with connection.cursor() as cursor:
            cursor.execute("SELECT subscriptions_through(%s, %s, %s)", [total, day_count, k])
            assert cursor.fetchone() == (through(total, day_count=day_count, days=k),)


class TestAnyRuns(TestCase):
    databases = frozenset({"default"})

    @given(price=st.integers(1, 200_000), gaps=st.lists(st.integers(1, 12), max_size=8))
    @tried(max_examples=15)
    def test_end_at_the_net_amount(self, price, gaps):
        subscription_world(at=days("2026-01-01", 0))
        active(plan(at=START, price=str(price)), at=START)
        net = balance("477")
        day = START
        for gap in gaps:
            day += timedelta(days=gap)
            operations.recognise(at=day)
            assert balance("477") + balance("7065") == net
        operations.recognise(at=days("2026-03-05"))
        assert (balance("477"), balance("7065")) == (0, net)


def _entries() -> list:
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    found = [lines[0].entry for lines in ledger.journal(entity="coko-sn", since=since, until=until)]
    return [entry for entry in found if entry.key.startswith("revenue:")]
