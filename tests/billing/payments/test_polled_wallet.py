"""A wallet that notifies nobody and says no amounts: found by asking, booked at the amount that was asked for."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from moneyed import Money

from billing.configuration.operations import set_route
from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.payments import operations
from billing.payments.facts import PaymentFact
from billing.payments.models import PaymentTransaction
from billing.pricing.operations import set_price
from providers.simulation import Running
from tests.factories.billing import EDITION, open_invoice, reference_world
from tests.factories.payments import start

pytestmark = pytest.mark.django_db
PHONE = "+2290195123111"


@pytest.fixture
def at(wave: Running) -> datetime:
    """Benin, where Moov Money collects for the Senegalese company."""
    at = timezone.now()
    reference_world(at=at)
    set_price(edition_ref=EDITION, country="BJ", currency="XOF", amount=Money(1500, "XOF"), at=at)
    set_route(
        provider="moov", market="BJ", currency="XOF", entity="coko-sn", fee_rate=0, enabled=True, priority=1,
        confidence="demo", changed_by="test", valid_from=at.date(), at=at,
    )  # fmt: skip
    return at


@pytest.fixture
def prompted(at) -> PaymentFact:
    return start(at=at, invoice=open_invoice(at=at, country="BJ"), provider="moov", payer_phone=PHONE)


def asked(payment: PaymentFact, at: datetime) -> PaymentFact:
    return operations.refresh(payment_ref=payment.id, source="poll", at=at)


class TestPolledWallet:
    def test_prompts_the_payer_and_remembers_where(self, prompted):
        assert (prompted.state, prompted.next_action.kind) == ("pending", "approve_on_phone")
        assert PaymentTransaction.objects.get(pk=prompted.id).platform == "m1"

    def test_is_paid_once_somebody_asks(self, prompted, wave, at):
        wave.approve(prompted.id)
        paid = asked(prompted, at + timedelta(seconds=20))
        assert (paid.state, paid.flags) == ("succeeded", ())
        assert asked(paid, at + timedelta(seconds=40)).flags == ()
        assert ledger.balance(AccountKey("coko-sn", "7065", "XOF")) < 0
        ours = [one for one in wave.movements() if one["client_reference"] == prompted.id]
        assert [one["amount"] for one in ours] == ["1500"]

    def test_is_refused_with_a_reason(self, prompted, wave, at):
        wave.refuse(prompted.id)
        refused = asked(prompted, at + timedelta(seconds=20))
        assert (refused.state, refused.failure_reason) == ("failed", "payer_not_approved")

    def test_whose_answer_was_lost_is_asked_and_not_prompted_again(self, at, wave):
        wave.fault("create_session", "drop", work_done=True)
        lost = start(at=at, invoice=open_invoice(at=at, country="BJ"), provider="moov", payer_phone=PHONE)
        assert lost.state == "unknown"
        wave.approve(lost.id)
        assert asked(lost, at + timedelta(seconds=20)).state == "succeeded"
        assert len([one for one in wave.movements() if one["client_reference"] == lost.id]) == 1
