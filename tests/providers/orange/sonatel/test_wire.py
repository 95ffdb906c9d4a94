"""Sonatel's documents, from the samples in `samples/`."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import strict_json
from providers.amounts import Amount
from providers.contract import FailureReason, MovementKind, NextActionKind, Outcome, PaymentRequest, PayoutRequest
from providers.errors import RequestRefused, UnreadableAnswer
from providers.orange.sonatel import account, wire

SAMPLES = Path(__file__).parent / "samples"
AMOUNT = Amount(1500, "XOF")


def sample(name: str) -> Any:
    return strict_json.read((SAMPLES / f"{name}.json").read_bytes())


def request(phone: str | None = "+221771234567", amount: Amount = AMOUNT, code: str | None = None) -> PaymentRequest:
    return PaymentRequest("pay_01", amount, phone, "Un livre", "https://a.example/ok", "https://a.example/ko", "", code)


class TestQrRequest:
    def test_is_short_lived_and_for_one_payment(self):
        asked = wire.qr_request(request(), code="123456", name="Coko")
        assert asked["validity"] == 840
        assert asked["restrictions"] == {"isSingleUse": True, "payerMsisdn": "771234567"}
        assert asked["amount"] == {"value": 1500, "unit": "XOF"}
        assert asked["reference"] == "pay_01"

    def test_lets_anybody_pay_when_no_phone_is_known(self):
        assert wire.qr_request(request(None), code="123456", name="Coko")["restrictions"] == {"isSingleUse": True}

    def test_speaks_of_francs_only(self):
        with pytest.raises(RequestRefused):
            wire.qr_request(request(amount=Amount(1500, "XAF")), code="123456", name="Coko")

    @given(minor=st.integers(1, 10**12))
    def test_reads_back_the_amount_it_wrote_also_as_a_fraction(self, minor: int):
        written = wire.qr_request(request(amount=Amount(minor, "XOF")), code="1", name="C")["amount"]
        assert type(written["value"]) is int
        fraction = strict_json.read(json.dumps(written).replace("}", "").replace(", ", ".0, ").encode() + b"}")
        assert wire.read_money(written) == wire.read_money(fraction) == Amount(minor, "XOF")


class TestOtherRequests:
    def test_one_step_hands_in_the_payers_code(self):
        asked = wire.one_step_request(request(code="482913"), code="123456")
        assert asked["customer"] == {"idType": "MSISDN", "id": "771234567", "otp": "482913"}
        assert asked["partner"] == {"idType": "CODE", "id": "123456"}

    def test_cash_in_names_both_wallets(self):
        payout = PayoutRequest("out_01", AMOUNT, "+221771234567", "Awa", "Redevances")
        asked = wire.cash_in_request(payout, {"encryptedPinCode": "x"}, wallet="PRINCIPAL")
        assert asked["customer"] == {"idType": "MSISDN", "id": "771234567", "walletType": "PRINCIPAL"}
        assert (asked["reference"], asked["amount"]) == ("out_01", {"value": 1500, "unit": "XOF"})


class TestReadQr:
    def test_reads_code_links_and_end(self):
        told = wire.read_qr(sample("qr"), dated=None)
        assert (told.outcome, told.provider_ref) == (Outcome.PENDING, "dFhuPYHJi4BCoCx64L2s")
        action = told.next_action
        assert action.kind is NextActionKind.SHOW_QR
        assert action.qr == action.url == sample("qr")["deepLink"]
        assert set(action.links) == {"MAXIT", "OM"}
        assert action.expires_at == datetime(2026, 11, 27, 9, 32, 2, 276_000, tzinfo=UTC)
        assert datetime.fromisoformat(told.secrets["valid_until"]) == action.expires_at

    def test_keeps_no_picture(self):
        assert "qrCode" not in wire.read_qr(sample("qr"), dated=None).raw

    def test_counts_from_the_answers_own_date_when_no_end_is_told(self):
        document = {key: value for key, value in sample("qr").items() if key != "validFor"}
        told = wire.read_qr(document, dated=datetime(2026, 11, 27, 9, tzinfo=UTC))
        assert told.next_action.expires_at == datetime(2026, 11, 27, 9, 14, tzinfo=UTC)
        assert wire.read_qr(document, dated=None).secrets == {}

    @pytest.mark.parametrize("link", [None, "", "javascript:alert(1)", "maxit://pay/1", 7])
    def test_offers_no_link_that_a_browser_should_not_open(self, link):
        with pytest.raises(UnreadableAnswer):
            wire.read_qr({**sample("qr"), "deepLink": link}, dated=None)
        told = wire.read_qr({**sample("qr"), "deepLinks": {"MAXIT": link}}, dated=None)
        assert told.next_action.links == {}

    @pytest.mark.parametrize("document", [None, [], {}, {"deepLink": "https://a.example/"}])
    def test_cannot_read_one_without_what_matters(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_qr(document, dated=None)


class TestReadSearch:
    def test_an_unpaid_code_is_not_in_it(self):
        assert wire.read_search(sample("search_unpaid"), reference="pay_01") == ()

    def test_reads_a_fraction_that_is_whole(self):
        (told,) = wire.read_search(sample("search_paid_as_fraction"), reference="pay_01")
        assert (told.outcome, told.amount, told.transaction_id) == (Outcome.SUCCEEDED, AMOUNT, "MP220928.1029.C58502")
        assert told.changed_at == datetime(2026, 11, 27, 9, 20, 12, 480_000, tzinfo=UTC)

    def test_keeps_nobodys_name_or_number(self):
        (told,) = wire.read_search(sample("search_paid_as_fraction"), reference="pay_01")
        assert "Ndiaye" not in str(told.raw)
        assert "771234567" not in str(told.raw)

    def test_takes_only_exactly_our_reference_and_prefers_the_paid(self):
        found = wire.read_search(sample("search_failed_then_paid"), reference="pay_01")
        assert len(found) == 2
        for order in (found, found[::-1]):
            best = wire.most_telling(order)
            assert best is not None
            assert best.outcome is Outcome.SUCCEEDED

    def test_tells_why_a_failed_one_failed(self):
        failed = wire.read_search(sample("search_failed_then_paid"), reference="pay_01")[1]
        assert (failed.failure, failed.failure_code) == (FailureReason.UNSPECIFIED, "2020")

    @pytest.mark.parametrize("document", [None, {}, {"content": []}, ["x"]])
    def test_does_not_take_another_shape_for_an_empty_list(self, document):
        with pytest.raises(UnreadableAnswer):
            wire.read_search(document, reference="pay_01")


class TestReadTransaction:
    @pytest.mark.parametrize(
        ("word", "outcome"),
        [
            ("PRE_INITIATED", Outcome.PENDING),
            ("INITIATED", Outcome.PENDING),
            ("ACCEPTED", Outcome.PENDING),
            ("PENDING", Outcome.PENDING),
            ("SUCCESS", Outcome.SUCCEEDED),
            ("FAILED", Outcome.FAILED),
            ("REJECTED", Outcome.FAILED),
            ("CANCELLED", Outcome.FAILED),
        ],
    )
    def test_knows_every_state(self, word, outcome):
        assert wire.read_transaction({"status": word}).outcome is outcome

    def test_reads_a_cash_in(self):
        told = wire.transfer(wire.read_transaction(sample("cash_in")))
        assert (told.outcome, told.provider_ref, told.amount) == (Outcome.SUCCEEDED, "CI220928.1029.C58502", None)
        assert told.client_reference == "out_01"

    def test_tells_a_cancelled_one_apart(self):
        assert wire.read_transaction({"status": "CANCELLED"}).failure is FailureReason.CANCELLED

    @given(word=st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["success", "TERMINATED"])))
    def test_is_a_success_only_by_exactly_that_word(self, word: object):
        assert (wire.read_transaction({"status": word}).outcome is Outcome.SUCCEEDED) == (word == "SUCCESS")

    @pytest.mark.parametrize(
        "amount",
        [
            {"value": Decimal("10.5"), "unit": "XOF"},
            {"value": "1e3", "unit": "XOF"},
            {"unit": "XOF"},
            {"value": 10},
            {"value": 10, "unit": "EURO"},
            "x",
            True,
        ],
    )
    def test_does_not_guess_an_amount(self, amount):
        with pytest.raises(UnreadableAnswer):
            wire.read_transaction({"status": "SUCCESS", "amount": amount})


class TestErrorCode:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("error_pending", "51"),
            ("error_violations", "24"),
            ("error_not_activated", "unauthorized_client"),
            ("cash_in", ""),
        ],
    )
    def test_is_found_in_each_shape(self, name, code):
        assert wire.error_code(sample(name)) == code

    @pytest.mark.parametrize("document", [None, [], {"code": None}, {"code": False}])
    def test_is_empty_when_there_is_none(self, document):
        assert wire.error_code(document) == ""


class TestReadHolder:
    def test_compares_names_without_accents_case_and_order(self):
        assert account.read_holder(sample("holder"), name="Diop Ndeye-Awa").name_matches is True
        assert account.read_holder(sample("holder"), name="Diop Awa").name_matches is False
        assert account.read_holder(sample("holder"), name=None).name_matches is None

    @pytest.mark.parametrize(
        ("changes", "active"),
        [
            ({}, True),
            ({"barred": "Sender"}, True),
            ({"barred": "Receiver"}, False),
            ({"barred": "Both"}, False),
            ({"suspended": "Yes"}, False),
        ],
    )
    def test_says_whether_it_can_receive(self, changes, active):
        assert account.read_holder({**sample("holder"), **changes}, name=None).is_active is active

    def test_records_neither_name_nor_balance(self):
        assert set(account.read_holder(sample("holder"), name=None).raw) == {"barred", "suspended", "grade"}


class TestReadLines:
    def test_has_what_moved_that_day_oldest_first(self):
        lines = account.read_lines(sample("history"), day=date(2026, 11, 27))
        assert [(line.client_reference, line.kind, line.net_minor) for line in lines] == [
            ("pay_01", MovementKind.PAYMENT, 1500),
            ("out_01", MovementKind.PAYOUT, -500),
        ]
        assert {line.counterparty_phone for line in lines} == {"+221771234567"}
        assert "771234567" not in repr(lines)

    def test_does_not_pass_over_a_movement_it_cannot_place(self):
        with pytest.raises(UnreadableAnswer):
            account.read_lines([{"status": "SUCCESS", "transactionId": "x"}], day=date(2026, 11, 27))
