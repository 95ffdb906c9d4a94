"""Buying in one call."""

from datetime import datetime

import pytest
from django.utils import timezone

from billing.checkout import operations
from billing.invoices import queries as invoices
from billing.payments import queries as payments
from billing.payments.queries import AmountOutOfRange
from billing.pricing.queries import NoPrice
from tests.factories.billing import EDITION, customer, reference_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _world(at, wave) -> None:
    reference_world(at=at)


def begin(at: datetime, **changed: object):
    asked = {
        "owner_ref": "web",
        "customer": customer(),
        "edition_ref": EDITION,
        "currency": None,
        "provider": "wave",
        "return_url": "",
        **changed,
    }
    return operations.begin(at=at, **asked)


class TestBegin:
    def test_opens_the_invoice_and_sends_the_payer_on(self, at):
        begun = begin(at)
        assert begun.payment.invoice_ref == begun.invoice.id
        assert (begun.payment.state, begun.payment.amount_minor) == ("pending", begun.invoice.gross_minor)
        assert begun.payment.next_action.url
        assert begun.payment.payer_phone_masked

    @pytest.mark.parametrize(
        ("changed", "refusal"),
        [
            ({"provider": "orange"}, payments.NoRoute),
            ({"customer": customer(country="CM")}, payments.NoRoute),
            ({"currency": "GBP"}, NoPrice),
        ],
    )
    def test_takes_no_invoice_number_when_it_must_refuse(self, at, changed, refusal):
        with pytest.raises(refusal):
            begin(at, **changed)
        assert invoices.invoices_of(owner_ref="web", limit=1) == ()

    def test_refuses_amounts_the_wallet_does_not_take(self, at, monkeypatch):
        def refuse(**asked: object) -> None:
            raise AmountOutOfRange

        monkeypatch.setattr(payments, "collectable", refuse)
        with pytest.raises(AmountOutOfRange):
            begin(at)
        assert invoices.invoices_of(owner_ref="web", limit=1) == ()

    def test_takes_no_invoice_number_when_the_phone_has_too_many_payments_open(self, at):
        for _ in range(payments.OPEN_ATTEMPTS_PER_PHONE_MAX):
            begin(at)
        with pytest.raises(payments.TooManyAttempts):
            begin(at)
        assert len(invoices.invoices_of(owner_ref="web", limit=50)) == payments.OPEN_ATTEMPTS_PER_PHONE_MAX

    def test_keeps_the_invoice_when_the_provider_is_silent(self, at, wave):
        wave.fault("create_session", "drop")
        begun = begin(at)
        assert begun.payment.state == "unknown"
        assert invoices.invoice(begun.invoice.id).state == "open"
