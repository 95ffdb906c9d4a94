"""What is Wave's own: several sessions for one reference, signed requests, whose word a 404 is."""

import pytest

from providers import registry
from providers.amounts import Amount
from providers.contract import FailureReason, Lookup, Outcome, PaymentRequest, RefundRequest
from providers.errors import CredentialsRefused, NotSent, OutcomeUnknown, RequestRefused, UnreadableAnswer
from providers.wave.adapter import Credentials, WaveAdapter

REQUEST = PaymentRequest(
    "pay_01", Amount(1500, "XOF"), None, "Un livre", "https://coko.example/ok", "https://coko.example/ko"
)


@pytest.fixture
def wave(sim) -> WaveAdapter:
    adapter = registry.adapter("wave", "SN", environment=sim.environment)
    assert isinstance(adapter, WaveAdapter)
    return adapter


@pytest.fixture
def two_sessions(wave, sim) -> tuple[str, str]:
    """Two open sessions for one reference, as when a search did not yet show the first."""
    first = wave.start_payment(REQUEST)
    sim.fault("search_sessions", "rewrite", fields={"result": []})
    second = wave.start_payment(REQUEST)
    assert first.provider_ref != second.provider_ref
    return first.provider_ref, second.provider_ref


class TestSeveralSessions:
    def test_the_paid_one_is_told_although_we_know_only_the_other(self, wave, sim, two_sessions):
        first, second = two_sessions
        sim.approve(first)
        assert wave.fetch_payment(Lookup("pay_01")).provider_ref == first
        sim.refuse(second)
        told = wave.fetch_payment(Lookup("pay_01", second))
        assert (told.outcome, told.provider_ref) == (Outcome.SUCCEEDED, first)

    def test_the_orphan_paid_after_ours_expired_is_told(self, wave, sim, two_sessions):
        first, second = two_sessions
        sim.advance(1800)
        sim.approve(first, late=True)
        assert wave.fetch_payment(Lookup("pay_01", second)).outcome is Outcome.SUCCEEDED

    def test_cancelling_closes_both(self, wave, sim, two_sessions):
        assert wave.cancel_payment(Lookup("pay_01", two_sessions[1])).outcome is Outcome.EXPIRED
        for session in two_sessions:
            assert wave.fetch_payment(Lookup("pay_01", session)).outcome is Outcome.EXPIRED

    def test_a_closed_one_is_not_replaced(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.advance(1800)
        again = wave.start_payment(REQUEST)
        assert (again.outcome, again.provider_ref) == (Outcome.EXPIRED, started.provider_ref)


class TestPayerFasterThanWe:
    def test_cancelling_after_all_tells_of_the_payment(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        still_open = {"checkout_status": "open", "payment_status": "processing"}
        sim.fault("get_session", "rewrite", fields=still_open)
        sim.fault("search_sessions", "rewrite", fields=still_open)
        told = wave.cancel_payment(Lookup("pay_01", started.provider_ref))
        assert told.outcome is Outcome.SUCCEEDED


class TestFailedTry:
    def test_leaves_the_payer_another(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.fail(started.provider_ref, code="insufficient-funds")
        told = wave.fetch_payment(Lookup("pay_01", started.provider_ref))
        assert (told.outcome, told.failure) == (Outcome.PENDING, FailureReason.PAYER_INSUFFICIENT_FUNDS)
        assert told.next_action.url == started.next_action.url
        sim.approve(started.provider_ref)
        assert wave.fetch_payment(Lookup("pay_01")).failure is None


class TestRefusals:
    def test_an_invalid_request_did_nothing(self, wave, sim):
        free = PaymentRequest(
            "pay_02", Amount(0, "XOF"), None, "", "https://coko.example/ok", "https://coko.example/ko"
        )
        with pytest.raises(RequestRefused) as refused:
            wave.start_payment(free)
        assert refused.value.code == "request-validation-error"
        assert wave.fetch_payment(Lookup("pay_02")).outcome is Outcome.NOT_FOUND

    def test_a_refused_search_does_not_end_an_attempt_begun_earlier(self, wave, sim):
        sim.fault("create_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            wave.start_payment(REQUEST)
        sim.fault("search_sessions", "error", status=400)
        with pytest.raises(OutcomeUnknown) as unknown:
            wave.start_payment(REQUEST)
        assert not unknown.value.nothing_happened

    def test_a_404_that_is_not_waves_word_says_nothing(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.fault("get_session", "rewrite", fields={"code": 7})
        other = registry.adapter("wave", "CI", environment=sim.environment)
        with pytest.raises(UnreadableAnswer):
            other.fetch_payment(Lookup("pay_01", started.provider_ref))

    def test_any_other_refusal_goes_on_to_the_caller(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.fault("get_session", "error", status=400)
        with pytest.raises(RequestRefused):
            wave.fetch_payment(Lookup("pay_01", started.provider_ref))
        sim.fault("expire_session", "error", status=400)
        with pytest.raises(RequestRefused):
            wave.cancel_payment(Lookup("pay_01", started.provider_ref))
        sim.approve(started.provider_ref)
        sim.fault("refund_session", "error", status=400)
        with pytest.raises(RequestRefused):
            wave.refund_payment(RefundRequest("ref_01", Lookup("pay_01", started.provider_ref), Amount(1500, "XOF")))

    def test_an_unknown_id_is_looked_for_by_our_reference(self, wave):
        started = wave.start_payment(REQUEST)
        found = wave.fetch_payment(Lookup("pay_01", "cos-unknown?x=y#z"))
        assert found.provider_ref == started.provider_ref

    def test_a_refused_refund_is_an_answer(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        sim.fault("search_sessions", "rewrite", fields={})
        sim.fault("get_session", "rewrite", fields={"checkout_status": "complete", "payment_status": "succeeded"})
        other = wave.start_payment(
            PaymentRequest("pay_02", Amount(5, "XOF"), None, "", "https://a.example/", "https://a.example/")
        )
        told = wave.refund_payment(RefundRequest("ref_02", Lookup("pay_02", other.provider_ref), Amount(5, "XOF")))
        assert (told.outcome, told.failure_code) == (Outcome.FAILED, "checkout-refund-failed")

    def test_gives_back_the_whole_and_never_a_part(self, wave, sim):
        started = wave.start_payment(REQUEST)
        sim.approve(started.provider_ref)
        part = RefundRequest("ref_01", Lookup("pay_01", started.provider_ref), Amount(1, "XOF"))
        assert wave.refund_payment(part).failure is FailureReason.AMOUNT_INVALID
        assert len(sim.movements()) == 1


@pytest.fixture
def signed_wallet(wallet_server):
    """A simulator whose Senegalese key was made with request signing."""
    return wallet_server(signing_secret="wave_sn_AKS_demo_not_real")


class TestRequestSigning:
    def test_signs_every_call_with_exactly_what_is_sent(self, signed_wallet):
        base_url, wallet = signed_wallet
        wave = WaveAdapter(Credentials(wallet.api_key, wallet.webhook_secret, wallet.signing_secret), base_url)
        accents = PaymentRequest(
            "pay_é", Amount(1500, "XOF"), None, "", "https://coko.example/é", "https://coko.example/ko"
        )
        started = wave.start_payment(accents)
        assert wave.cancel_payment(Lookup("pay_é", started.provider_ref)).outcome is Outcome.EXPIRED

    @pytest.mark.parametrize("secret", ["", "another"])
    def test_is_refused_without_or_with_another_secret(self, signed_wallet, secret):
        base_url, wallet = signed_wallet
        with pytest.raises(CredentialsRefused):
            WaveAdapter(Credentials(wallet.api_key, wallet.webhook_secret, secret), base_url).start_payment(REQUEST)


class TestBadKey:
    def test_that_cannot_stand_in_a_header_never_leaves(self, sim):
        wave = WaveAdapter(Credentials("wave_sn\nX-Evil: 1", "secret"), sim.base_url)
        with pytest.raises(NotSent) as fault:
            wave.start_payment(REQUEST)
        assert "wave_sn" not in str(fault.value)
