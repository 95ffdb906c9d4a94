"""Wave's payouts, from the samples in `samples/`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.amounts import Amount, NotWhole
from providers.contract import FailureReason, Outcome, PayoutRequest
from providers.errors import UnreadableAnswer
from providers.wave import payout_wire as wire

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def request(amount: Amount, **changed: str) -> PayoutRequest:
    asked = {"payee_phone": "+221555110219", "payee_name": "Fatou Ndiaye", "description": "Redevances", **changed}
    return PayoutRequest(reference="out_01", amount=amount, **asked)


class TestPayoutRequest:
    @given(units=st.integers(1, 10**12), currency=st.sampled_from(["XOF", "GMD", "UGX"]))
    def test_writes_whole_units_without_decimals(self, units: int, currency: str):
        minor = units * (100 if currency == "GMD" else 1)
        document = json.loads(wire.payout_request(request(Amount(minor, currency))))
        assert document["receive_amount"] == str(units)

    @given(minor=st.integers(1, 10**12).filter(lambda minor: minor % 100))
    def test_has_no_part_of_a_unit(self, minor: int):
        with pytest.raises(NotWhole):
            wire.payout_request(request(Amount(minor, "GMD")))

    @given(reason=st.text(max_size=200), name=st.text(max_size=600))
    def test_says_no_more_than_wave_takes_and_always_the_same(self, reason: str, name: str):
        asked = request(Amount(1, "XOF"), description=reason, payee_name=name)
        document = json.loads(wire.payout_request(asked))
        assert len(document.get("payment_reason", "")) <= 40
        assert len(document.get("name", "")) <= 255
        assert wire.payout_request(asked) == wire.payout_request(asked)

    def test_leaves_out_what_is_not_said(self):
        document = json.loads(wire.payout_request(request(Amount(1, "XOF"), description="", payee_name="")))
        assert set(document) == {"currency", "receive_amount", "mobile", "client_reference"}


class TestReadPayout:
    def test_reads_one_that_arrived(self):
        payout = wire.read_payout(sample("payout_succeeded"))
        assert (payout.outcome, payout.provider_ref) == (Outcome.SUCCEEDED, "pt-185sewgm8100t")
        assert (payout.amount, payout.fee) == (Amount(29950, "XOF"), Amount(300, "XOF"))
        assert (payout.client_reference, payout.failure) == ("out_01", None)

    @pytest.mark.parametrize(
        ("name", "outcome"), [("payout_processing", Outcome.PENDING), ("payout_reversed", Outcome.REVERSED)]
    )
    def test_reads_one_on_its_way_and_one_that_came_back(self, name, outcome):
        assert wire.read_payout(sample(name)).outcome is outcome

    def test_reads_the_error_in_a_200(self):
        payout = wire.read_payout(sample("payout_with_error"))
        assert (payout.outcome, payout.failure) == (Outcome.FAILED, FailureReason.PAYEE_ACCOUNT_BLOCKED)
        assert (payout.failure_code, payout.amount) == ("recipient-account-blocked", None)

    def test_needs_a_failed_one_to_say_no_reason(self):
        payout = wire.read_payout({**sample("payout_succeeded"), "status": "failed"})
        assert (payout.outcome, payout.failure) == (Outcome.FAILED, FailureReason.UNSPECIFIED)

    @pytest.mark.parametrize("code", wire.FAILURES)
    def test_translates_every_documented_failure(self, code):
        payout = wire.read_payout({**sample("payout_with_error"), "payout_error": {"error_code": code}})
        assert (payout.failure, payout.failure_code) == (wire.FAILURES[code], code)

    @given(status=st.one_of(st.none(), st.text(), st.sampled_from(["SUCCEEDED", "completed", "failure", "cancelled"])))
    def test_waits_for_a_word_it_knows(self, status: str | None):
        payout = wire.read_payout({**sample("payout_succeeded"), "status": status})
        known = {"succeeded", "failed", "reversed"}
        assert (payout.outcome is Outcome.PENDING) == (status not in known)
        assert bool(wire.unknown_word({"status": status})) == (status not in known | {"processing"})

    def test_waits_when_it_names_an_error_and_says_that_it_arrived(self):
        both = {**sample("payout_with_error"), "status": "succeeded", "receive_amount": "5", "currency": "XOF"}
        assert wire.read_payout(both).outcome is Outcome.PENDING
        assert wire.unknown_word(both)

    @pytest.mark.parametrize("amount", [None, 29950, "1e3", "", "29 950", "29950.5", "NaN", True])
    @pytest.mark.parametrize("status", ["succeeded", "processing", "reversed"])
    def test_does_not_guess_an_amount(self, amount, status):
        with pytest.raises(UnreadableAnswer):
            wire.read_payout({**sample("payout_succeeded"), "status": status, "receive_amount": amount})

    @pytest.mark.parametrize("key", ["id", "currency"])
    def test_cannot_read_one_without_what_matters(self, key):
        payout = sample("payout_succeeded")
        del payout[key]
        with pytest.raises(UnreadableAnswer):
            wire.read_payout(payout)

    @pytest.mark.parametrize("document", [None, [], "pt-1", {"error_code": "x", "error_message": "y"}])
    def test_cannot_read_what_is_no_payout(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_payout(document)

    @given(units=st.integers(1, 10**12), currency=st.sampled_from(["XOF", "GMD", "UGX"]))
    def test_reads_back_what_was_asked(self, units: int, currency: str):
        amount = Amount(units * (100 if currency == "GMD" else 1), currency)
        asked = json.loads(wire.payout_request(request(amount)))
        assert wire.read_payout({**sample("payout_succeeded"), **asked, "fee": "1"}).amount == amount

    def test_masks_the_phone_in_the_record(self):
        assert wire.read_payout(sample("payout_succeeded")).raw["mobile"] == "+22155•••••19"


class TestReadSearch:
    def test_takes_only_payouts_with_exactly_our_reference(self):
        found = wire.read_search(sample("payout_search"), reference="out_01")
        assert [payout.provider_ref for payout in found] == ["pt-failed", "pt-arrived", "pt-back"]

    def test_tells_first_of_the_one_that_arrived(self):
        found = wire.read_search(sample("payout_search"), reference="out_01")
        for order in (found, found[::-1]):
            assert wire.most_telling(order).provider_ref == "pt-arrived"
        assert wire.most_telling((found[0], found[2])).provider_ref == "pt-back"

    @pytest.mark.parametrize("document", [None, [], {}, {"items": []}, {"result": {}}])
    def test_does_not_take_another_shape_for_an_empty_list(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_search(document, reference="out_01")


class TestReadBatch:
    def test_reads_its_id(self):
        assert wire.read_batch_ref(sample("batch_created")) == "pb-185sewgm8100t"

    def test_tells_each_by_our_reference(self):
        batch = wire.read_batch(sample("batch_complete"))
        assert batch.is_complete
        assert [payout.outcome for payout in batch.payouts.values()] == [
            Outcome.SUCCEEDED,
            Outcome.FAILED,
            Outcome.PENDING,  # its amount cannot be read: asked for alone
        ]
        assert batch.payouts["out_02"].failure is FailureReason.PAYEE_LIMIT_REACHED

    def test_may_say_nothing_of_them_before_it_is_complete(self):
        assert wire.read_batch({"id": "pb-1", "status": "processing"}).payouts == {}
        with pytest.raises(UnreadableAnswer):
            wire.read_batch({"id": "pb-1", "status": "complete"})

    @pytest.mark.parametrize("word", ["completed", "failed", None])
    def test_is_complete_only_by_waves_word(self, word):
        document = {**sample("batch_complete"), "status": word}
        assert not wire.read_batch(document).is_complete
        assert wire.unknown_batch_word(document)


class TestReadHolder:
    def test_reads_what_wave_says(self):
        told = wire.read_holder(sample("recipient"))
        assert (told.is_active, told.name_matches, told.within_limits) == (None, True, True)

    @pytest.mark.parametrize(
        ("word", "matches"), [("MATCH", True), ("NO_MATCH", False), ("NAME_NOT_KNOWN", None), (None, None), ("?", None)]
    )
    def test_takes_a_name_nobody_knows_for_no_mismatch(self, word, matches):
        assert wire.read_holder({**sample("recipient"), "name_match": word}).name_matches is matches

    @pytest.mark.parametrize("document", [None, [], {}, {"within_limits": "yes", "name_match": None}])
    def test_cannot_read_another_answer(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_holder(document)
