"""What is Sonatel's own: codes that end by its clock, one step, a PIN tried once, keys that turn stale, error 51."""

import dataclasses

import pytest
import requests

from providers import registry, simulation
from providers.amounts import Amount
from providers.contract import (
    FailureReason,
    Lookup,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PayoutRequest,
    Trust,
)
from providers.errors import CredentialsRefused, OutcomeUnknown, RequestRefused
from providers.orange.sonatel import pin
from providers.orange.sonatel.adapter import SonatelAdapter

AMOUNT = Amount(1500, "XOF")
REQUEST = PaymentRequest(
    "pay_01", AMOUNT, "+221771234111", "Un livre", "https://coko.example/ok", "https://coko.example/ko",
    "https://coko.example/n",
)  # fmt: skip
PAYOUT = PayoutRequest("out_01", AMOUNT, "+221771234111", "Awa Démo", "Redevances")
OWN = simulation.DEMO_CREDENTIALS["orange_sonatel"]["SN"]


@pytest.fixture(autouse=True)
def _no_pin_stopped():
    pin.forget()
    yield
    pin.forget()


def adapter(sim, **changes: str) -> SonatelAdapter:
    return SonatelAdapter(dataclasses.replace(OWN, **changes), sim.base_url)


@pytest.fixture
def sonatel(sim) -> SonatelAdapter:
    made = registry.adapter("orange_sonatel", "SN", environment=sim.environment)
    assert isinstance(made, SonatelAdapter)
    return made


def lookup(started) -> Lookup:
    return Lookup("pay_01", started.provider_ref, amount=AMOUNT, secrets=started.secrets)


class TestCode:
    def test_offers_a_code_to_scan_and_links_to_open(self, sonatel):
        action = sonatel.start_payment(REQUEST).next_action
        assert action.kind is NextActionKind.SHOW_QR
        assert action.qr
        assert set(action.links) == {"MAXIT", "OM"}

    def test_one_that_was_paid_is_not_asked_for_again(self, sonatel, sim):
        started = sonatel.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        assert sonatel.start_payment(REQUEST).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_serves_once(self, sonatel, sim):
        started = sonatel.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        with pytest.raises(requests.HTTPError):
            sim.approve(started.provider_ref, late=True)

    def test_is_over_only_when_sonatels_own_clock_says_so(self, sonatel, sim):
        started = sonatel.start_payment(REQUEST)
        sim.advance(860)  # beyond its validity, within the grace
        assert sonatel.fetch_payment(lookup(started)).outcome is Outcome.PENDING
        sim.advance(60)
        assert sonatel.fetch_payment(lookup(started)).outcome is Outcome.EXPIRED

    def test_stays_open_when_its_end_is_unknown(self, sonatel, sim):
        started = sonatel.start_payment(REQUEST)
        sim.advance(100_000)
        assert sonatel.fetch_payment(Lookup("pay_01", started.provider_ref)).outcome is Outcome.PENDING

    def test_a_contract_without_the_search_says_nothing_of_the_payment(self, sonatel, sim):
        started = sonatel.start_payment(REQUEST)
        sim.fault("no_search", "error")
        with pytest.raises(OutcomeUnknown) as unknown:
            sonatel.fetch_payment(lookup(started))
        assert unknown.value.code == "60"

    def test_is_asked_about_only_where_it_was_made(self, sonatel, sim):
        with pytest.raises(OutcomeUnknown):
            sonatel.fetch_payment(dataclasses.replace(lookup(sonatel.start_payment(REQUEST)), platform="sandbox"))

    def test_knows_the_sandbox_by_its_host(self):
        assert SonatelAdapter(OWN, "https://api.sandbox.orange-sonatel.com").platform == "sandbox"
        assert SonatelAdapter(OWN, "https://api.orange-sonatel.com").platform == ""

    def test_a_token_that_ends_sooner_than_it_says_is_replaced(self, sonatel, sim):
        sim.fault("token", "rewrite", fields={"expires_in": 3600})
        started = sonatel.start_payment(REQUEST)
        sim.advance(299)
        assert sonatel.fetch_payment(lookup(started)).outcome is Outcome.PENDING

    def test_an_application_that_is_not_activated_sends_nothing(self, sonatel, sim):
        sim.fault("not_activated", "error")
        with pytest.raises(CredentialsRefused) as refused:
            sonatel.start_payment(REQUEST)
        assert refused.value.code == "unauthorized_client"


class TestOneStep:
    def otp(self, sim, phone: str) -> str:
        """As the sandbox makes one: with the customer's own PIN under Sonatel's key."""
        token = requests.post(
            f"{sim.base_url}/oauth/v1/token",
            data={"client_id": OWN.client_id, "client_secret": OWN.client_secret},
            timeout=5,
        ).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        key = requests.get(f"{sim.base_url}/api/account/v1/publicKeys", headers=headers, timeout=5).json()["key"]
        sealed = pin.Pin("0000", owner="customer", padding_name="pkcs1v15").encrypted(key)
        asked = {"idType": "MSISDN", "id": phone, "encryptedPinCode": sealed}
        url = f"{sim.base_url}/api/eWallet/v1/payments/otp"
        return requests.post(url, json=asked, headers=headers, timeout=5).json()["otp"]

    def request(self, sim, phone: str = "771234111", code: str | None = None) -> PaymentRequest:
        code = self.otp(sim, phone) if code is None else code
        return dataclasses.replace(REQUEST, payer_phone=f"+221{phone}", payer_code=code)

    def test_takes_the_money_at_once_and_says_how_much(self, sonatel, sim):
        told = sonatel.start_payment(self.request(sim))
        assert (told.outcome, told.amount) == (Outcome.SUCCEEDED, AMOUNT)
        assert [movement["amount"] for movement in sim.movements()] == ["1500"]

    def test_books_nothing_while_no_amount_is_told(self, sonatel, sim):
        request = self.request(sim)
        sim.fault("get_session", "rewrite", times=1, fields={})
        sim.fault("get_session", "rewrite", times=1, fields={"reference": "pay_99"})
        assert sonatel.start_payment(request).outcome is Outcome.PENDING
        assert sonatel.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED

    @pytest.mark.parametrize(
        ("phone", "code", "failure"),
        [
            ("771234111", "000000x", FailureReason.AUTH_CODE_INVALID),
            ("771234048", None, FailureReason.PAYER_INSUFFICIENT_FUNDS),
            ("771234058", None, FailureReason.PAYER_LIMIT_REACHED),
            ("771234039", None, FailureReason.AUTH_CODE_INVALID),
        ],
    )
    def test_says_why_it_took_nothing(self, sonatel, sim, phone, code, failure):
        told = sonatel.start_payment(self.request(sim, phone, code))
        assert (told.outcome, told.failure) == (Outcome.FAILED, failure)
        assert sim.movements() == []

    def test_waits_and_does_not_repeat_on_error_51(self, sonatel, sim):
        sim.fault("answer_51", "error")
        assert sonatel.start_payment(self.request(sim)).outcome is Outcome.PENDING
        pending = sonatel.fetch_payment(Lookup("pay_01"))
        assert pending.outcome is Outcome.PENDING
        sim.approve(pending.transaction_ref)
        assert sonatel.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_waits_while_the_payment_is_stuck(self, sonatel, sim):
        told = sonatel.start_payment(self.request(sim, "771234129"))
        assert told.outcome is Outcome.PENDING
        sim.refuse(told.provider_ref)
        assert sonatel.fetch_payment(Lookup("pay_01")).failure is FailureReason.CANCELLED

    def test_a_lost_answer_is_found_by_our_reference(self, sonatel, sim):
        request = self.request(sim)
        sim.fault("create_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            sonatel.start_payment(request)
        assert sonatel.start_payment(request).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1


class TestPin:
    def test_a_wrong_one_is_tried_once_and_never_again(self, sim):
        wrong = adapter(sim, pin="1111_not_real")
        with pytest.raises(CredentialsRefused) as refused:
            wrong.start_payout(PAYOUT)
        assert refused.value.code == "2011"
        for again in (wrong, adapter(sim, pin="1111_not_real")):
            with pytest.raises(CredentialsRefused):
                again.start_payout(PAYOUT)
            with pytest.raises(CredentialsRefused):
                again.fetch_balance()
        # The simulator has counted one try: the right one still works, and the next wrong one is again the first.
        assert adapter(sim).start_payout(PAYOUT).outcome is Outcome.SUCCEEDED
        with pytest.raises(CredentialsRefused) as refused:
            adapter(sim, pin="2222_not_real").start_payout(dataclasses.replace(PAYOUT, reference="out_02"))
        assert refused.value.code == "2011"

    def test_payments_go_on_without_it(self, sim):
        wrong = adapter(sim, pin="1111_not_real")
        with pytest.raises(CredentialsRefused):
            wrong.start_payout(PAYOUT)
        assert wrong.start_payment(REQUEST).outcome is Outcome.PENDING
        assert adapter(sim, pin="", partner_id="").start_payment(REQUEST).outcome is Outcome.PENDING

    def test_a_stale_key_is_fetched_again_once(self, sonatel, sim):
        sonatel.fetch_balance()
        sim.fault("rotate_key", "error")
        assert sonatel.start_payout(PAYOUT).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_a_key_that_stays_stale_ends_it(self, sonatel, sim):
        sonatel.fetch_balance()
        sim.fault("rotate_key", "error", times=2)
        with pytest.raises(RequestRefused) as refused:
            sonatel.start_payout(PAYOUT)
        assert refused.value.code == "4003"
        assert sim.movements() == []

    def test_a_wrong_one_under_a_fresh_key_is_stopped_too(self, sim):
        wrong = adapter(sim, pin="1111_not_real")
        sim.fault("rotate_key", "error")
        with pytest.raises(CredentialsRefused):
            wrong.start_payout(PAYOUT)
        with pytest.raises(CredentialsRefused, match="not tried again"):
            wrong.start_payout(PAYOUT)


class TestPayout:
    def test_waits_and_does_not_repeat_on_error_51(self, sonatel, sim):
        sim.fault("answer_51", "error")
        assert sonatel.start_payout(PAYOUT).outcome is Outcome.PENDING
        again = sonatel.start_payout(PAYOUT)
        assert again.outcome is Outcome.PENDING
        sim.approve(again.provider_ref)
        assert sonatel.fetch_payout(Lookup("out_01")).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    @pytest.mark.parametrize(
        ("changes", "failure"),
        [
            ({"payee_phone": "+221000000000"}, FailureReason.PAYEE_NOT_FOUND),
            ({"amount": Amount(2_000_000, "XOF")}, FailureReason.MERCHANT_INSUFFICIENT_FUNDS),
        ],
    )
    def test_says_why_it_sent_nothing(self, sonatel, sim, changes, failure):
        told = sonatel.start_payout(dataclasses.replace(PAYOUT, **changes))
        assert (told.outcome, told.failure) == (Outcome.FAILED, failure)
        assert sim.movements() == []

    def test_a_holder_that_is_none_cannot_receive(self, sonatel):
        assert sonatel.check_holder("+221000000000").is_active is False
        assert sonatel.check_holder("+221771234111", name="Démo Awa").name_matches is True


class TestCallbacks:
    def test_are_registered_with_an_empty_answer_and_told_without_their_key(self, sonatel):
        assert sonatel.registered_callbacks() == ()
        sonatel.register_callback("https://coko.example/webhooks/orange_sonatel/SN/")
        assert sonatel.registered_callbacks() == ("https://coko.example/webhooks/orange_sonatel/SN/",)

    def test_are_trusted_for_their_address_until_there_is_a_secret(self, sim):
        assert adapter(sim).capabilities.trust is Trust.SIGNED_FRESH
        assert adapter(sim, signing_secret="").capabilities.trust is Trust.TOKEN
