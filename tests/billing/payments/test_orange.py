"""Orange through billing: tokens that are kept sealed and asked with, prompts, codes; money booked once."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from billing.configuration.operations import set_route
from billing.payments import operations, queries
from billing.payments.facts import PaymentFact
from billing.payments.models import PaymentTransaction
from providers.simulation import Running
from tests.factories.billing import open_invoice, reference_world
from tests.factories.payments import start

pytestmark = pytest.mark.django_db

ROUTES = [("orange", "CI", "coko-ci", "XOF"), ("orange_sonatel", "SN", "coko-sn", "XOF")]


@pytest.fixture
def at() -> datetime:
    return timezone.now()


def begun(provider: str, market: str, entity: str, currency: str, *, at: datetime) -> PaymentFact:
    reference_world(at=at)
    set_route(
        provider=provider, market=market, currency=currency, entity=entity, fee_rate=0, priority=5,
        confidence="demo", changed_by="test", valid_from=at.date(), at=at,
    )  # fmt: skip
    return start(at=at, invoice=open_invoice(at=at, country=market), provider=provider)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route[0])
class TestPayment:
    def test_is_booked_when_the_payer_has_paid(self, wave: Running, at, route):
        payment = begun(*route, at=at)
        assert payment.state == "pending"
        assert payment.next_action.url
        wave.approve(payment.provider_ref)
        paid = operations.refresh(payment_ref=payment.id, source="poll", at=at + timedelta(minutes=1))
        assert (paid.state, paid.flags) == ("succeeded", ())

    def test_keeps_its_secrets_sealed(self, wave: Running, at, route):
        row = PaymentTransaction.objects.get(pk=begun(*route, at=at).id)
        assert row.secrets_sealed
        assert "valid_until" not in str(row.secrets_sealed)
        assert "pay_token" not in str(row.secrets_sealed)

    def test_a_lost_answer_costs_nobody_a_payment(self, wave: Running, at, route):
        """What was asked and not answered was seen by nobody; the same reference is asked for again."""
        wave.fault("create_session", "drop", work_done=True)
        lost = begun(*route, at=at)
        assert lost.state == "unknown"
        moment = at
        for _ in range(10):
            moment += timedelta(minutes=1)
            operations.refresh(payment_ref=lost.id, source="poll", at=moment)
            operations.resume_unsent(at=moment)
            if queries.payment(lost.id).state == "pending":
                break
        again = queries.payment(lost.id)
        assert again.state == "pending"
        wave.approve(again.provider_ref)
        paid = operations.refresh(payment_ref=lost.id, source="poll", at=moment + timedelta(minutes=1))
        assert paid.state == "succeeded"
        ours = [movement for movement in wave.movements() if movement["client_reference"] == lost.id]
        assert len(ours) == 1


class TestTicket:
    """Cameroon's contract: a ticket serves once, and each new one is another prompt on the payer's phone."""

    ROUTE = ("orange_core", "CM", "coko-sn", "XAF")

    def test_is_fetched_and_kept_before_anything_is_sent(self, wave: Running, at):
        wave.fault("create_session", "error", status=503)  # the ticket's own call
        payment = begun(*self.ROUTE, at=at)
        assert (payment.state, payment.provider_ref) == ("created", None)
        operations.resume_unsent(at=at + timedelta(seconds=15))
        resumed = queries.payment(payment.id)
        assert resumed.state == "pending"
        assert resumed.provider_ref

    def test_that_was_fetched_late_prompts_the_payer_once_though_the_answer_is_lost(
        self, wave: Running, at, monkeypatch
    ):
        wave.fault("create_session", "error", status=503)
        payment = begun(*self.ROUTE, at=at)
        moment = at + timedelta(seconds=15)

        def dies(_name: str) -> None:
            raise SystemExit  # the process, once the provider has been asked

        with monkeypatch.context() as patched:
            patched.setattr(operations, "reach", dies)
            with pytest.raises(SystemExit):
                operations.resume_unsent(at=moment)
        for minute in range(1, 6):
            operations.resume_unsent(at=moment + timedelta(minutes=minute))
        assert queries.payment(payment.id).state == "pending"
        wave.approve(queries.payment(payment.id).provider_ref)
        paid = operations.refresh(payment_ref=payment.id, source="poll", at=moment + timedelta(minutes=7))
        assert paid.state == "succeeded"
        moved = [one for one in wave.movements() if one["client_reference"] == payment.id]
        assert len(moved) == 1
