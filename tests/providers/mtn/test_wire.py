"""MTN's documents, from the samples in `samples/`."""

import json
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.amounts import EXPONENTS, Amount
from providers.contract import FailureReason, Lookup, Outcome, PaymentRequest, PayoutRequest, RefundRequest
from providers.errors import CredentialsRefused, OutcomeUnknown, RequestRefused, UnreadableAnswer
from providers.mtn import reasons, wire
from providers.mtn.markets import MARKETS

SAMPLES = Path(__file__).parent / "samples"
XOF = wire.Money("XOF", "XOF")
SANDBOX = wire.Money("XOF", "EUR")
PHONE = "+2250701020304"
REF = "0b6b0d4a-0000-4000-8000-000000000001"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def request(amount: Amount, description: str = "Un livre") -> PaymentRequest:
    return PaymentRequest("pay_01", amount, PHONE, description, "", "")


def payment(name: str, money: wire.Money = XOF, **changes: Any):
    return wire.read_payment({**sample(name), **changes}, request_ref=REF, money=money)


def transfer(name: str, failures=reasons.PAYOUT, **changes: Any):
    return wire.read_transfer({**sample(name), **changes}, request_ref=REF, money=XOF, failures=failures)


class TestRequestId:
    @given(reference=st.text(min_size=1, max_size=60))
    def test_is_a_uuid_of_version_4_and_always_the_same(self, reference):
        known = uuid.UUID(wire.request_id(reference))
        assert (known.version, known.variant) == (4, uuid.RFC_4122)
        assert wire.request_id(reference) == str(known)

    @given(first=st.text(max_size=40), second=st.text(max_size=40))
    def test_is_another_for_another_reference(self, first, second):
        assert (wire.request_id(first) == wire.request_id(second)) == (first == second)

    def test_never_changes_between_releases(self):
        # Attempts are open while we deploy: another derivation would pay them a second time.
        assert wire.request_id("pay_01") == "20566d7c-6bb4-4c14-bde6-1b7baf3024d5"


class TestPlain:
    @given(text=st.text(max_size=300))
    def test_is_short_ascii_without_specials_and_never_empty(self, text):
        assert re.fullmatch(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*", wire.plain(text))
        assert len(wire.plain(text)) <= 128

    def test_keeps_what_can_be_read(self):
        assert wire.plain("L’été à Ségou & autres « récits »") == "L ete a Segou autres recits"
        assert wire.plain("«»") == "Coko"


class TestNotice:
    @given(text=st.text(max_size=300))
    def test_is_one_line_that_fits_into_a_header(self, text):
        assert re.fullmatch(r"[ -~]{0,160}", wire.notice(text))

    def test_keeps_addresses(self):
        assert wire.notice("L’été\nvous attend : https://coko.example/a?b=1") == (
            "L'ete vous attend : https://coko.example/a?b=1"
        )


class TestPaymentRequest:
    def test_names_payer_and_reference(self):
        document = json.loads(wire.payment_request(request(Amount(1500, "XOF")), PHONE, XOF))
        assert document == {
            "amount": "1500",
            "currency": "XOF",
            "externalId": "pay_01",
            "payer": {"partyIdType": "MSISDN", "partyId": "2250701020304"},
            "payerMessage": "Un livre",
            "payeeNote": "pay 01",
        }

    @given(minor=st.integers(1, 10**15), market=st.sampled_from(sorted(MARKETS)))
    def test_keeps_every_amount_as_mtn_writes_amounts(self, minor, market):
        currency = MARKETS[market].currency
        money = wire.Money(currency, currency)
        document = json.loads(wire.payment_request(request(Amount(minor, currency)), PHONE, money))
        assert isinstance(document["amount"], str)
        assert Decimal(document["amount"]) == Decimal(minor).scaleb(-EXPONENTS[currency])
        assert ("." in document["amount"]) == (EXPONENTS[currency] > 0)
        assert money.read(document) == Amount(minor, currency)

    @given(minor=st.integers(1, 10**12), currency=st.sampled_from(["XOF", "GHS"]))
    def test_calls_it_euro_in_the_sandbox_and_reads_it_back(self, minor, currency):
        money = wire.Money(currency, "EUR")
        document = json.loads(wire.payment_request(request(Amount(minor, currency)), PHONE, money))
        assert document["currency"] == "EUR"
        assert money.read(document) == Amount(minor, currency)

    def test_leaves_another_currency_for_mtn_to_refuse(self):
        assert json.loads(wire.payment_request(request(Amount(1500, "XAF")), PHONE, XOF))["currency"] == "XAF"


class TestOtherRequests:
    def test_a_payout_names_the_payee(self):
        asked = PayoutRequest("out_01", Amount(700, "XOF"), PHONE, "Awa", "Droits d’auteur")
        document = json.loads(wire.payout_request(asked, XOF))
        assert document["payee"] == {"partyIdType": "MSISDN", "partyId": "2250701020304"}
        assert "payer" not in document
        assert document["payerMessage"] == "Droits d auteur"

    def test_a_refund_names_the_payment(self):
        asked = RefundRequest("ref_01", Lookup("pay_01"), Amount(500, "XOF"))
        document = json.loads(wire.refund_request(asked, REF, XOF))
        assert (document["referenceIdToRefund"], document["externalId"], document["amount"]) == (REF, "ref_01", "500")
        assert document["payerMessage"]


class TestReadPayment:
    @pytest.mark.parametrize(
        ("name", "outcome", "failure", "code"),
        [
            ("payment_pending", Outcome.PENDING, None, ""),
            ("payment_created", Outcome.PENDING, None, ""),
            ("payment_successful", Outcome.SUCCEEDED, None, ""),
            ("payment_failed_word", Outcome.FAILED, FailureReason.PAYER_NOT_APPROVED, "APPROVAL_REJECTED"),
            ("payment_failed_object", Outcome.FAILED, FailureReason.PAYER_NOT_FOUND, "PAYER_NOT_FOUND"),
            ("payment_expired", Outcome.EXPIRED, FailureReason.EXPIRED, "EXPIRED"),
            ("payment_timed_out", Outcome.EXPIRED, FailureReason.EXPIRED, "COULD_NOT_PERFORM_TRANSACTION"),
            (
                "payment_failed_congo",
                Outcome.FAILED,
                FailureReason.PAYER_INSUFFICIENT_FUNDS,
                "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED",
            ),
        ],
    )
    def test_reads_each_state(self, name, outcome, failure, code):
        told = payment(name)
        assert (told.outcome, told.failure, told.failure_code) == (outcome, failure, code)
        assert told.amount.minor == 1500
        assert (told.provider_ref, told.client_reference) == (REF, "pay_01")

    def test_tells_the_id_of_the_money_where_there_is_one(self):
        assert payment("payment_successful").transaction_ref == "23503452"
        assert payment("payment_successful", financialTransactionId=23503452).transaction_ref == "23503452"
        for absent in (None, "", True, {}):
            assert payment("payment_successful", financialTransactionId=absent).transaction_ref is None

    def test_reads_the_sandboxs_decimals_and_its_euros(self):
        assert payment("payment_sandbox_decimals", SANDBOX).amount == Amount(100, "XOF")
        assert payment("payment_sandbox_decimals", XOF).amount == Amount(10_000, "EUR")

    @pytest.mark.parametrize("code", reasons.PAYMENT)
    def test_translates_every_word_we_know(self, code):
        told = payment("payment_failed_word", reason=code)
        assert (told.failure, told.failure_code) == (reasons.PAYMENT[code], code)
        assert told.outcome in (Outcome.FAILED, Outcome.EXPIRED)

    @pytest.mark.parametrize("reason", ["MOON_PHASE", None, 7, {"message": "x"}, []])
    def test_is_final_also_for_a_reason_nobody_told_us_of(self, reason):
        told = payment("payment_failed_word", reason=reason)
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.UNSPECIFIED)

    @given(status=st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["successful", "SUCCESSFULL", "OK"])))
    def test_is_a_success_only_in_mtns_word(self, status):
        told = payment("payment_successful", status=status)
        assert (told.outcome is Outcome.SUCCEEDED) == (status == "SUCCESSFUL")
        assert (told.outcome is Outcome.FAILED) == (status == "FAILED")
        assert bool(wire.unknown_word(told.raw)) == (status not in ("SUCCESSFUL", "FAILED", "PENDING", "CREATED"))

    @pytest.mark.parametrize("amount", [None, 1500, "1e3", "", "1 500", "1500.5", "NaN", "١٥٠٠", True])
    def test_does_not_guess_an_amount(self, amount):
        with pytest.raises(UnreadableAnswer):
            payment("payment_successful", amount=amount)

    @pytest.mark.parametrize("currency", [None, "", "DOGE", 952])
    def test_does_not_guess_a_currency(self, currency):
        with pytest.raises(UnreadableAnswer):
            payment("payment_successful", currency=currency)

    @pytest.mark.parametrize("document", [None, [], "x", 7, {}])
    def test_cannot_read_what_is_no_status(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_payment(document, request_ref=REF, money=XOF)

    def test_masks_the_phone_in_the_record(self):
        assert "2250701020304" not in str(payment("payment_successful").raw)


class TestReadTransfer:
    def test_reads_a_transfer_and_a_deposit_without_an_id(self):
        assert transfer("transfer_successful").outcome is Outcome.SUCCEEDED
        assert transfer("transfer_successful").transaction_ref == "363440463"
        told = transfer("deposit_successful_without_id")
        assert (told.outcome, told.transaction_ref) == (Outcome.SUCCEEDED, None)

    def test_lack_of_money_is_our_matter_here(self):
        assert transfer("transfer_failed_funds").failure is FailureReason.MERCHANT_INSUFFICIENT_FUNDS
        assert payment("payment_failed_word", reason="NOT_ENOUGH_FUNDS").failure is (
            FailureReason.PAYER_INSUFFICIENT_FUNDS
        )

    def test_an_expired_transfer_has_failed(self):
        told = transfer("transfer_failed_funds", reason="EXPIRED")
        assert told.outcome is Outcome.FAILED

    def test_a_refund_of_what_was_not_paid_is_not_allowed(self):
        assert transfer("refund_failed", reasons.REFUND).failure is FailureReason.REFUND_NOT_ALLOWED


class TestReadBalance:
    def test_reads_it(self):
        assert wire.read_balance(sample("balance"), XOF) == Amount(15_000, "XOF")

    @pytest.mark.parametrize("changes", [{"availableBalance": None}, {"availableBalance": 7}, {"currency": None}])
    def test_does_not_guess(self, changes):
        with pytest.raises(UnreadableAnswer):
            wire.read_balance({**sample("balance"), **changes}, XOF)


class TestErrors:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("error_usual", "RESOURCE_ALREADY_EXIST"),
            ("error_gateway", ""),
            ("error_token", "login_failed"),
            ("error_environment", "Invalid_or_missing_X_Target_Environment_header"),
            ("payment_failed_object", ""),
        ],
    )
    def test_code_is_found_in_each_of_mtns_shapes(self, name, code):
        assert wire.error_code(sample(name)) == code

    @pytest.mark.parametrize("document", [None, [], "x", {"code": 7}, {"code": ""}])
    def test_code_is_empty_when_there_is_none(self, document):
        assert wire.error_code(document) == ""

    @pytest.mark.parametrize(
        ("status", "code", "fault"),
        [
            (500, "INVALID_CURRENCY", RequestRefused),
            (500, "INVALID_CALLBACK_URL_HOST", RequestRefused),
            (500, "NOT_ALLOWED_TARGET_ENVIRONMENT", CredentialsRefused),
            (500, "NOT_ALLOWED", CredentialsRefused),
            (409, "RESOURCE_ALREADY_EXIST", RequestRefused),
            (400, "INTERNAL_PROCESSING_ERROR", OutcomeUnknown),
            (400, "SERVICE_UNAVAILABLE", OutcomeUnknown),
            (500, "", None),
            (500, "MOON_PHASE", None),
            (400, "", None),
        ],
    )
    def test_are_judged_by_the_word_before_the_status(self, status, code, fault):
        assert reasons.fault(status, code, "start_payment") is fault

    def test_of_a_token_are_an_operators_matter(self):
        assert reasons.fault(400, "", reasons.TOKEN) is CredentialsRefused
        assert reasons.fault(429, "", reasons.TOKEN) is None
        assert reasons.fault(500, "", reasons.TOKEN) is None
