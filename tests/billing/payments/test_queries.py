"""What others may know of payments."""

from datetime import datetime, timedelta

import pytest

from billing.invoices.queries import invoice
from billing.payments import queries
from billing.payments.facts import Outcome
from tests.factories.billing import reference_world
from tests.factories.payments import answer, apply, start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(at: datetime, wave) -> None:
    reference_world(at=at)


class TestPaymentByProviderRef:
    def test_finds_the_attempt_behind_a_session(self, at):
        payment = start(at=at)
        assert (
            queries.payment_by_provider_ref(provider="wave", market="SN", provider_ref=payment.provider_ref).id
            == payment.id
        )

    def test_does_not_mix_up_providers(self, at):
        payment = start(at=at)
        with pytest.raises(queries.NoSuchPayment):
            queries.payment_by_provider_ref(provider="orange", market="SN", provider_ref=payment.provider_ref)


class TestSettled:
    def test_gives_what_was_booked_in_the_stretch_without_its_end(self, at):
        first, _open, second = start(at=at), start(at=at), start(at=at)
        apply(first, answer(Outcome.SUCCEEDED), at=at)
        apply(second, answer(Outcome.SUCCEEDED), at=at + timedelta(hours=1))
        found = queries.settled(since=at, until=at + timedelta(hours=1))
        assert [payment.id for payment in found] == [first.id]


class TestPaymentsOfInvoice:
    def test_gives_the_latest_first(self, at):
        first = apply(start(at=at), answer(Outcome.FAILED), at=at)
        second = start(at=at + timedelta(minutes=1), invoice=invoice(first.invoice_ref))
        assert [payment.id for payment in queries.payments_of_invoice(first.invoice_ref)] == [second.id, first.id]
