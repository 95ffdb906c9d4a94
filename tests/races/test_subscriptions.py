"""Many workers at the same moment, a death in the middle, a day of outage: each period once, and none left out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from billing.invoices import queries as invoices
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.subscriptions import ledger_checks, operations, queries
from billing.subscriptions.models import PeriodCharge, RecurringBilling
from billing.subscriptions.operations import charging
from tests.factories.subscriptions import OWNER, active, days, pay, plan, subscribe, subscription_world

pytestmark = pytest.mark.django_db(transaction=True)
START = days("2026-01-31")
RENEWAL = days("2026-02-28", 0)


@pytest.fixture(autouse=True)
def _world() -> None:
    subscription_world(at=days("2026-01-01", 0))


def together(call, count: int) -> list[object]:
    """The same call from many threads at once; results, or refusals."""
    barrier = threading.Barrier(count)

    def run(number: int) -> object:
        barrier.wait(timeout=10)
        try:
            return call(number)
        except (operations.AlreadySubscribed, operations.PaymentOnItsWay, operations.SubscriptionEnded) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def drain(*_ignored) -> int:
    done = 0
    while taken := operations.turn_due(at=RENEWAL, limit=3):
        done += taken
    return done


def numbers_of(prefix: str) -> list[int]:
    found = [
        invoice.number
        for invoice in invoices.invoices_of(owner_ref=OWNER, limit=1000)
        if invoice.number.startswith(prefix)
    ]
    return sorted(int(number.rpartition("-")[2]) for number in found)


class TestRenewalRun:
    def test_of_eight_workers_charges_each_period_once_and_numbers_without_gap(self):
        monthly = plan(at=START)
        refs = [active(monthly, at=START, user_ref=f"usr_{number}").id for number in range(40)]
        together(drain, 8)
        drain()
        assert PeriodCharge.objects.filter(kind="period", number=2).count() == 40
        assert {queries.subscription(ref).state for ref in refs} == {"grace"}
        assert numbers_of("SN-2026") == list(range(1, 81))

    def test_of_two_companies_does_not_block_itself(self):
        senegal, ivory = plan(at=START), plan(at=START, code="ci", country="CI")
        for number in range(12):
            active(senegal, at=START, user_ref=f"usr_s{number}")
            active(ivory, at=START, user_ref=f"usr_i{number}", to=_abidjan(number))
        together(drain, 6)
        drain()
        assert PeriodCharge.objects.filter(number=2).count() == 24
        assert numbers_of("SN-2026") == numbers_of("CI-2026") == list(range(1, 25))

    def test_that_dies_in_the_middle_leaves_nothing_half_done(self, monkeypatch):
        monthly = plan(at=START)
        for number in range(6):
            active(monthly, at=START, user_ref=f"usr_{number}")
        real, calls = charging.issue_period, []

        def dies(*args, **kwargs):
            calls.append(1)
            if len(calls) == 3:
                raise SystemExit("killed")
            return real(*args, **kwargs)

        monkeypatch.setattr(charging, "issue_period", dies)
        with pytest.raises(SystemExit):
            operations.turn_due(at=RENEWAL)
        assert PeriodCharge.objects.filter(number=2).count() == 0
        monkeypatch.undo()
        drain()
        assert PeriodCharge.objects.filter(number=2).count() == 6
        assert numbers_of("SN-2026") == list(range(1, 13))  # what was rolled back left no gap


class TestSettling:
    def test_by_many_at_once_counts_once(self):
        monthly = plan(at=START)
        facts = [subscribe(monthly, at=START, user_ref=f"usr_{number}") for number in range(10)]
        for fact in facts:
            pay(fact.open_charge.invoice_ref, at=START)
        together(lambda _: operations.settle_due(at=START), 6)
        operations.settle_due(at=START)
        assert {queries.subscription(fact.id).state for fact in facts} == {"active"}
        assert ledger.balance(AccountKey("coko-sn", "477", "XOF")) == -12710
        assert list(ledger_checks.differences()) == []

    def test_beside_the_renewal_run_takes_nothing_away(self):
        """Payers approve in the very minute in which their time runs out."""
        monthly = plan(at=START)
        facts = [active(monthly, at=START, user_ref=f"usr_{number}") for number in range(8)]
        drain()
        over = days("2026-03-07", 0)
        refs = [queries.subscription(fact.id).open_charge.invoice_ref for fact in facts]
        work = [
            *(lambda ref=ref: pay(ref, at=over - timedelta(minutes=1)) for ref in refs),
            *(lambda: operations.turn_due(at=over) for _ in range(4)),
            *(lambda: operations.settle_due(at=over) for _ in range(4)),
        ]
        together(lambda number: work[number](), len(work))
        operations.settle_due(at=over)
        for fact in facts:
            now = queries.subscription(fact.id)
            assert (now.state, now.number, now.ends_on.isoformat()) == ("active", 2, "2026-03-31")

    def test_revenue_by_many_at_once_is_earned_once(self):
        monthly = plan(at=START)
        for number in range(20):
            active(monthly, at=START, user_ref=f"usr_{number}")
        at = days("2026-02-11")
        together(lambda _: operations.recognise(at=at, limit=4), 6)
        while operations.recognise(at=at, limit=4):
            pass
        assert list(ledger_checks.differences()) == []
        assert ledger.balance(AccountKey("coko-sn", "7065", "XOF")) == -20 * 499  # 1 271 · 11 / 28


class TestWishes:
    def test_two_taps_on_subscribe_are_one_subscription(self):
        monthly = plan(at=START)
        answers = together(lambda _: subscribe(monthly, at=START), 6)
        assert sum(not isinstance(answer, Exception) for answer in answers) == 1
        assert RecurringBilling.objects.count() == PeriodCharge.objects.count() == 1

    def test_cancelling_while_paying_is_one_or_the_other(self):
        monthly = plan(at=START)
        fact = active(monthly, at=START)
        drain()
        invoice_ref = queries.subscription(fact.id).open_charge.invoice_ref
        at = RENEWAL + timedelta(hours=9)

        def either(number: int) -> object:
            if number:
                return operations.cancel(subscription_ref=fact.id, by=OWNER, at=at)
            try:
                return pay(invoice_ref, at=at)
            except Exception as refusal:  # noqa: BLE001  the invoice may be void already
                return refusal

        together(either, 2)
        operations.settle_due(at=at)
        now, invoice = queries.subscription(fact.id), invoices.invoice(invoice_ref)
        assert (now.state, invoice.state) in {("cancelled", "void"), ("active", "paid")}


def _abidjan(number: int):
    from tests.factories.billing import customer

    return customer(country="CI", phone=None, user_ref=f"usr_i{number}")
