"""A day with the simulated Wave: money in, given back, paid out, with faults; then provider and ledger agree."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

import billing.payouts.operations as payouts
import billing.refunds.operations as refunds
from billing.ledger import verification
from billing.payments import operations as payments
from billing.payments import queries as payment_queries
from billing.reconciliation import ledger_checks, operations, queries
from tests.factories import payments as attempts
from tests.factories.billing import reference_world
from tests.factories.payouts import CHECKER, MAKER, asked, owe
from tests.factories.statements import BY, suspense, wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> datetime:
    """The simulators' clock is the real one."""
    return timezone.now()


@pytest.fixture(autouse=True)
def _world(now):
    reference_world(at=now - timedelta(days=1))
    yield
    assert [*verification.differences(), *ledger_checks.differences()] == []


def paid(own_wave, now):
    payment = attempts.start(at=now)
    own_wave.approve(payment.provider_ref)
    return payments.refresh(payment_ref=payment.id, source="poll", at=timezone.now())


def pulled(now):
    for day in sorted({now.astimezone(UTC).date(), timezone.now().astimezone(UTC).date()}):
        operations.pull(provider="wave", market="SN", day=day, by=BY, at=timezone.now())
    return [one for one in queries.reports(day=now.astimezone(UTC).date()) if one.provider == "wave"]


class TestDay:
    def test_agrees_to_the_franc(self, own_wave, now):
        sales = [paid(own_wave, now) for _ in range(3)]
        refunds.request(payment_ref=sales[0].id, amount_minor=None, reason="illisible", by=BY, at=timezone.now())

        # Paid, and we were never told: the session expired for us, the answer got lost.
        lost = attempts.start(at=now)
        attempts.apply(lost, attempts.answer(attempts.Outcome.EXPIRED), at=now)
        own_wave.approve(lost.provider_ref)

        # A refund whose answer was lost.
        own_wave.fault("refund_session", "drop", work_done=True)
        unknown = refunds.request(
            payment_ref=sales[1].id, amount_minor=None, reason="deux fois", by=BY, at=timezone.now()
        )
        assert unknown.state == "unknown"

        owe(900, at=now)
        batch = payouts.prepare(title="Redevances", asked=[asked(900)], by=MAKER, at=timezone.now())
        assert not batch.refusals
        payouts.approve(batch_ref=batch.id, by=CHECKER, at=timezone.now())
        while payouts.send_one(at=timezone.now()):
            pass

        (report,) = pulled(now)
        moved = own_wave.movements()
        assert wallet() == sum(int(one["amount"]) - int(one["fee"]) for one in moved)
        assert payment_queries.payment(lost.id).state == "succeeded"
        assert "late_success" in payment_queries.payment(lost.id).flags
        assert suspense() == 0
        assert [one.reason for one in queries.worklist()] == []
        assert (report.difference_minor, report.lines) == (0, ())
        assert report.agrees
