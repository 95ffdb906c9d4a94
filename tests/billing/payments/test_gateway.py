"""The door to the providers: each sending of one attempt goes where the first one went."""

from dataclasses import replace
from datetime import UTC, datetime

from billing.payments import attempts, gateway
from billing.payments.facts import Outcome
from billing.payments.gateway import Collection, Inquiry
from billing.payments.models import PaymentTransaction

COLLECTION = Collection(
    payment_ref="pay_platforms",
    provider="mtn",
    market="CI",
    amount_minor=1500,
    currency="XOF",
    payer_phone="+2250701020111",
    description="Coko F-2026-1",
    return_url="https://coko.example/",
    platform="legacy",
)


class TestStart:
    def test_goes_where_the_attempt_began_although_the_wallet_has_moved(self, wave, monkeypatch):
        """MTN's partners move from one platform to another; asked on both, the payer would pay twice."""
        assert gateway.start(COLLECTION).outcome is Outcome.PENDING
        monkeypatch.setenv("PROVIDER_MTN_CI_PLATFORM", "new")
        gateway.forget_adapters()
        assert gateway.platform("mtn", "CI") == "new"
        inquiry = Inquiry("pay_platforms", "mtn", "CI", None, 1500, "XOF", "legacy", datetime.now(UTC))
        again = gateway.start(COLLECTION)
        wave.approve(again.provider_ref)
        assert gateway.fetch(inquiry).outcome is Outcome.SUCCEEDED
        assert gateway.fetch(replace(inquiry, platform="new")).outcome is Outcome.NOT_FOUND

    def test_is_asked_with_the_platform_of_the_attempt(self):
        assert attempts.collection(PaymentTransaction(platform="legacy")).platform == "legacy"
