"""Cameroon's documents, from the samples in `samples/`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import strict_json
from providers.amounts import Amount
from providers.contract import FailureReason, Outcome, PaymentRequest, PayoutRequest
from providers.errors import OutcomeUnknown, UnreadableAnswer
from providers.orange.core import wire

SAMPLES = Path(__file__).parent / "samples"
TOKEN = "MP22120771FEB7B21FD2381C3786"
AMOUNT = Amount(1500, "XAF")


def sample(name: str) -> Any:
    return strict_json.read((SAMPLES / f"{name}.json").read_bytes())


def read(document: Any, *, needs_confirmation: bool = True):
    return wire.read_payment(document, reference="pay_01", pay_token=TOKEN, needs_confirmation=needs_confirmation)


class TestRequests:
    def test_pay_has_texts_only_and_nine_digits(self):
        request = PaymentRequest("pay_01", AMOUNT, "+237691234111", "é" * 100, "", "")
        asked = json.loads(
            wire.payment_request(request, channel="690000000", pin="0000", pay_token=TOKEN, notif_url="https://n")
        )
        assert all(isinstance(value, str) for value in asked.values())
        assert (asked["amount"], asked["subscriberMsisdn"], asked["orderId"]) == ("1500", "691234111", "pay_01")
        assert len(asked["description"]) == 80

    def test_cash_in_names_no_address(self):
        request = PayoutRequest("out_01", AMOUNT, "+237691234111", "Awa", "Redevances")
        asked = json.loads(wire.cash_in_request(request, channel="690000000", pin="0000", pay_token=TOKEN))
        assert set(asked) == {
            "channelUserMsisdn", "amount", "subscriberMsisdn", "pin", "orderId", "description", "payToken",
        }  # fmt: skip

    @given(minor=st.integers(1, 10**12))
    def test_reads_back_the_amount_it_wrote(self, minor: int):
        request = PayoutRequest("out_01", Amount(minor, "XAF"), "+237691234111", "", "")
        written = json.loads(wire.cash_in_request(request, channel="", pin="", pay_token=TOKEN))["amount"]
        document = {"data": {**sample("successfull")["data"], "amount": int(written)}}
        assert read(document).amount == Amount(minor, "XAF")


class TestReadPayment:
    def test_reads_one_that_waits(self):
        told = read(sample("pending"))
        assert (told.outcome, told.provider_ref, told.amount) == (Outcome.PENDING, TOKEN, AMOUNT)
        assert told.client_reference == "pay_01"

    def test_reads_success_in_their_spelling_and_in_ours(self):
        for word in ("SUCCESSFULL", "SUCCESSFUL"):
            told = read({"data": {**sample("successfull")["data"], "status": word}})
            assert (told.outcome, told.transaction_ref) == (Outcome.SUCCEEDED, "MP221207.2051.B56929")

    def test_waits_for_the_confirmation_unless_told_otherwise(self, caplog):
        assert read(sample("successfull_unconfirmed")).outcome is Outcome.PENDING
        assert "event=unconfirmed_success" in caplog.text
        told = read(sample("successfull_unconfirmed"), needs_confirmation=False)
        assert told.outcome is Outcome.SUCCEEDED

    def test_an_expired_one_has_forgotten_everything(self):
        told = read(sample("expired"))
        assert (told.outcome, told.failure) == (Outcome.EXPIRED, FailureReason.EXPIRED)
        assert (told.amount, told.client_reference, told.transaction_ref) == (None, None, None)

    def test_tells_why_it_failed(self):
        told = read(sample("insufficient"))
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.PAYER_INSUFFICIENT_FUNDS)
        assert told.failure_code == "60019"

    def test_the_same_code_is_about_us_when_we_pay_out(self):
        told = wire.read_transfer(sample("insufficient"), reference="pay_01", pay_token=TOKEN, needs_confirmation=True)
        assert told.failure is FailureReason.MERCHANT_INSUFFICIENT_FUNDS

    def test_passes_on_the_order_of_another(self):
        assert read({"data": {**sample("successfull")["data"], "txnmode": "pay_99"}}).client_reference == "pay_99"

    @given(word=st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["SUCCESS", "successfull"])))
    def test_is_a_success_only_by_exactly_those_words(self, word: object):
        told = read({"data": {**sample("successfull")["data"], "status": word}})
        assert (told.outcome is Outcome.SUCCEEDED) == (word in ("SUCCESSFULL", "SUCCESSFUL"))

    def test_keeps_nobodys_number_name_or_address(self):
        kept = str(read(sample("successfull")).raw)
        assert not any(word in kept for word in ("691234", "AWA", "webhooks", TOKEN))

    def test_takes_a_fault_under_200_for_no_answer(self):
        with pytest.raises(OutcomeUnknown) as unknown:
            read(sample("fault"))
        assert unknown.value.code == "900901"

    @pytest.mark.parametrize("document", [None, [], {}, {"data": None}, {"data": []}])
    def test_cannot_read_what_is_no_envelope(self, document):
        with pytest.raises(UnreadableAnswer):
            read(document)


class TestReadPayToken:
    def test_reads_the_ticket(self):
        assert wire.read_pay_token(sample("init")) == TOKEN

    @pytest.mark.parametrize("token", [None, "", 7])
    def test_cannot_do_without_one(self, token):
        with pytest.raises(UnreadableAnswer):
            wire.read_pay_token({"data": {"payToken": token}})


class TestErrorCode:
    @pytest.mark.parametrize(
        ("document", "code"),
        [
            (sample("fault"), "900901"),
            (sample("insufficient"), "60019"),
            ({"message": "60019 ::  Le solde", "data": None}, "60019"),
            ({"error": "invalid_client"}, "invalid_client"),
            (sample("pending"), ""),
            (None, ""),
            ([], ""),
            ({"fault": {}}, ""),
        ],
    )
    def test_is_found_in_each_shape(self, document, code):
        assert wire.error_code(document) == code
