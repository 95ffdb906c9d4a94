"""Wave's documents, from the samples in `samples/`."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.amounts import Amount
from providers.contract import FailureReason, NextActionKind, Outcome, PaymentRequest
from providers.errors import UnreadableAnswer
from providers.wave import wire

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def request(amount: Amount, phone: str | None = None) -> PaymentRequest:
    return PaymentRequest("pay_01", amount, phone, "Un livre", "https://coko.example/ok", "https://coko.example/ko")


class TestSessionRequest:
    def test_writes_xof_without_decimals(self):
        assert json.loads(wire.session_request(request(Amount(1500, "XOF"))))["amount"] == "1500"

    def test_restricts_the_payer_only_when_a_phone_is_known(self):
        assert b"restrict_payer_mobile" not in wire.session_request(request(Amount(1, "XOF")))
        with_phone = json.loads(wire.session_request(request(Amount(1, "XOF"), "+221771234567")))
        assert with_phone["restrict_payer_mobile"] == "+221771234567"

    @given(minor=st.integers(1, 10**15), currency=st.sampled_from(["XOF", "GMD", "UGX"]))
    def test_keeps_every_amount_as_wave_writes_amounts(self, minor: int, currency: str):
        text = json.loads(wire.session_request(request(Amount(minor, currency))))["amount"]
        assert isinstance(text, str)
        assert Decimal(text) == Decimal(minor) / (100 if currency == "GMD" else 1)
        assert not text.startswith("00")
        assert ("." in text) == (currency == "GMD")


class TestReadSession:
    def test_reads_an_open_one(self):
        result = wire.read_session(sample("session_open"))
        assert result.outcome is Outcome.PENDING
        assert result.provider_ref == "cos-18qq25rgr100a"
        assert result.amount == Amount(1500, "XOF")
        assert result.client_reference == "pay_01"
        assert result.next_action.kind is NextActionKind.REDIRECT
        assert result.next_action.url == "https://pay.wave.com/c/cos-18qq25rgr100a?a=1500&c=XOF&m=Coko"
        assert result.next_action.expires_at == datetime(2026, 11, 3, 14, 30, tzinfo=UTC)
        assert result.failure is None

    def test_reads_a_paid_one(self):
        result = wire.read_session(sample("session_succeeded"))
        assert result.outcome is Outcome.SUCCEEDED
        assert result.transaction_ref == "TCN4Y4ZC3FM"
        assert result.completed_at == datetime(2026, 11, 3, 14, 12, 9, tzinfo=UTC)
        assert result.next_action.kind is NextActionKind.NONE

    def test_reads_a_refused_one_as_failed(self):
        result = wire.read_session(sample("session_cancelled"))
        assert (result.outcome, result.failure) == (Outcome.FAILED, FailureReason.CANCELLED)

    def test_reads_an_expired_one(self):
        result = wire.read_session(sample("session_expired"))
        assert (result.outcome, result.failure) == (Outcome.EXPIRED, FailureReason.EXPIRED)

    def test_a_failed_try_does_not_end_it(self):
        result = wire.read_session(sample("session_open_after_failed_try"))
        assert result.outcome is Outcome.PENDING
        assert result.failure is FailureReason.PAYER_INSUFFICIENT_FUNDS
        assert result.failure_code == "insufficient-funds"
        assert result.next_action.kind is NextActionKind.REDIRECT

    @pytest.mark.parametrize("code", wire.FAILURES)
    def test_translates_every_documented_failure(self, code):
        closed = {**sample("session_cancelled"), "last_payment_error": {"code": code, "message": ""}}
        result = wire.read_session(closed)
        assert (result.failure, result.failure_code) == (wire.FAILURES[code], code)

    def test_keeps_the_word_of_an_undocumented_failure(self):
        closed = {**sample("session_cancelled"), "last_payment_error": {"code": "moon-phase", "message": ""}}
        result = wire.read_session(closed)
        assert (result.failure, result.failure_code) == (FailureReason.UNSPECIFIED, "moon-phase")

    @given(
        checkout=st.one_of(
            st.none(), st.text(), st.sampled_from(["open", "complete", "expired", "failed", "COMPLETE"])
        ),
        payment=st.one_of(st.none(), st.text(), st.sampled_from(["processing", "cancelled", "succeeded", "SUCCEEDED"])),
    )
    def test_is_a_success_only_when_complete_and_succeeded(self, checkout: str | None, payment: str | None):
        session = {**sample("session_succeeded"), "checkout_status": checkout, "payment_status": payment}
        succeeded = wire.read_session(session).outcome is Outcome.SUCCEEDED
        assert succeeded == ((checkout, payment) == ("complete", "succeeded"))

    @pytest.mark.parametrize(
        ("checkout", "payment"),
        [
            ("quantum", "succeeded"),
            ("complete", "quantum"),
            ("failed", "failed"),
            ("expired", "succeeded"),
            (None, None),
        ],
    )
    def test_waits_when_the_words_are_unknown_or_contradict_each_other(self, checkout, payment):
        session = {**sample("session_succeeded"), "checkout_status": checkout, "payment_status": payment}
        assert wire.read_session(session).outcome is Outcome.PENDING

    @pytest.mark.parametrize("amount", [None, 1500, "1e3", "", "1 500", "1500.5", "NaN", "١٥٠٠", True])
    def test_does_not_guess_an_amount(self, amount):
        with pytest.raises(UnreadableAnswer):
            wire.read_session({**sample("session_succeeded"), "amount": amount})

    def test_reads_decimals_that_say_nothing(self):
        assert wire.read_session({**sample("session_succeeded"), "amount": "1500.00"}).amount == Amount(1500, "XOF")

    @given(minor=st.integers(1, 10**15))
    def test_reads_back_what_was_asked(self, minor: int):
        asked = json.loads(wire.session_request(request(Amount(minor, "GMD"))))
        read = wire.read_session({**sample("session_open"), "amount": asked["amount"], "currency": asked["currency"]})
        assert read.amount == Amount(minor, "GMD")

    @pytest.mark.parametrize("key", ["id", "amount", "currency", "wave_launch_url"])
    def test_cannot_read_one_without_what_matters(self, key):
        session = sample("session_open")
        del session[key]
        with pytest.raises(UnreadableAnswer):
            wire.read_session(session)

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
    def test_sends_no_browser_to_a_strange_address(self, url):
        with pytest.raises(UnreadableAnswer):
            wire.read_session({**sample("session_open"), "wave_launch_url": url})

    @pytest.mark.parametrize("moment", [None, 7, "soon", "2026-11-03T14:30:00"])
    def test_does_without_a_moment_it_cannot_read(self, moment):
        assert wire.read_session({**sample("session_open"), "when_expires": moment}).next_action.expires_at is None

    def test_ignores_fields_it_does_not_know(self):
        assert wire.read_session({**sample("session_open"), "moon": {"phase": 3}}).outcome is Outcome.PENDING

    def test_masks_the_phone_in_the_record(self):
        assert wire.read_session(sample("session_open")).raw["restrict_payer_mobile"] == "+22177•••••67"

    @pytest.mark.parametrize("document", [None, [], "cos-1", 7])
    def test_cannot_read_what_is_no_object(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_session(document)


class TestReadSearch:
    def test_takes_only_sessions_with_exactly_our_reference(self):
        found = wire.read_search(sample("search"), reference="pay_01")
        assert {session.provider_ref for session in found} == {"cos-first", "cos-18qq25rgr100a", "cos-third"}

    def test_is_not_disturbed_by_somebody_elses_unreadable_session(self):
        found = {"result": [{"client_reference": "pay_99"}, "rubbish", sample("session_open")]}
        assert len(wire.read_search(found, reference="pay_01")) == 1

    @pytest.mark.parametrize("document", [None, [], {}, {"items": []}, {"result": {}}])
    def test_does_not_take_another_shape_for_an_empty_list(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_search(document, reference="pay_01")


class TestMostTelling:
    def test_prefers_the_paid_one_in_any_order(self):
        found = wire.read_search(sample("search"), reference="pay_01")
        for order in (found, found[::-1]):
            best = wire.most_telling(order)
            assert best is not None
            assert best.provider_ref == "cos-18qq25rgr100a"

    def test_then_the_one_that_can_still_be_paid(self):
        found = [
            s for s in wire.read_search(sample("search"), reference="pay_01") if s.outcome is not Outcome.SUCCEEDED
        ]
        best = wire.most_telling(found)
        assert best is not None
        assert best.provider_ref == "cos-third"

    def test_is_nothing_of_nothing(self):
        assert wire.most_telling([]) is None
