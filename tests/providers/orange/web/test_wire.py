"""The documents of Web Payment, from the samples in `samples/`."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import strict_json
from providers.amounts import Amount
from providers.contract import FailureReason, Lookup, NextActionKind, Outcome, PaymentRequest
from providers.errors import RequestRefused, UnreadableAnswer
from providers.orange.web import wire

SAMPLES = Path(__file__).parent / "samples"
REFERENCE = "pay_01jf8x2m3n4p5q6r7s8t9v0w1x"
AMOUNT = Amount(1500, "XOF")
SHOP = wire.Shop("key", "", "fr")


def sample(name: str) -> Any:
    return strict_json.read((SAMPLES / f"{name}.json").read_bytes())


def asked(amount: Amount = AMOUNT, shop: wire.Shop = SHOP, description: str = "Un livre") -> dict[str, Any]:
    request = PaymentRequest(REFERENCE, amount, None, description, "https://a.example/ok", "https://a.example/ko")
    return json.loads(wire.payment_request(request, shop, notif_url="https://a.example/n"))


class TestPaymentRequest:
    def test_has_every_field_of_the_guide(self):
        assert asked() == {
            "merchant_key": "key",
            "currency": "XOF",
            "order_id": REFERENCE,
            "amount": 1500,
            "return_url": "https://a.example/ok",
            "cancel_url": "https://a.example/ko",
            "notif_url": "https://a.example/n",
            "lang": "fr",
            "reference": "Un livre",
        }

    def test_speaks_of_the_fictitious_unit_where_configured(self):
        assert asked(shop=wire.Shop("key", "OUV", "fr"))["currency"] == "OUV"

    @pytest.mark.parametrize("description", ["é" * 31, "", "x"])
    def test_keeps_the_label_within_thirty_characters(self, description):
        assert 1 <= len(asked(description=description)["reference"]) <= 30

    @given(minor=st.integers(1, 10**12), currency=st.sampled_from(["XOF", "GNF", "MGA"]))
    def test_writes_whole_units_as_a_number_or_not_at_all(self, minor: int, currency: str):
        places = 2 if currency == "MGA" else 0
        if minor % 10**places:
            with pytest.raises(RequestRefused):
                asked(Amount(minor, currency))
            return
        number = asked(Amount(minor, currency))["amount"]
        assert type(number) is int
        assert number * 10**places == minor


class TestReadCreated:
    def test_reads_where_to_go_and_keeps_the_tokens_apart(self):
        dated = datetime(2026, 11, 27, 10, tzinfo=UTC)
        told = wire.read_created(sample("created"), reference=REFERENCE, dated=dated)
        assert told.outcome is Outcome.PENDING
        assert told.provider_ref == REFERENCE
        assert told.next_action.kind is NextActionKind.REDIRECT
        assert told.next_action.url == sample("created")["payment_url"]
        assert told.next_action.expires_at == datetime(2026, 11, 27, 10, 10, tzinfo=UTC)
        assert told.secrets == {
            "pay_token": sample("created")["pay_token"],
            "notification": sample("created")["notif_token"],
        }
        assert not any(secret in str(dict(told.raw)) for secret in told.secrets.values())

    def test_does_without_a_clock(self):
        told = wire.read_created(sample("created"), reference=REFERENCE, dated=None)
        assert told.next_action.expires_at is None

    @pytest.mark.parametrize("key", ["pay_token", "notif_token", "payment_url"])
    def test_cannot_read_one_without_what_matters(self, key):
        document = sample("created")
        del document[key]
        with pytest.raises(UnreadableAnswer):
            wire.read_created(document, reference=REFERENCE, dated=None)

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "om://pay"])
    def test_sends_no_browser_to_a_strange_address(self, url):
        with pytest.raises(UnreadableAnswer):
            wire.read_created({**sample("created"), "payment_url": url}, reference=REFERENCE, dated=None)


class TestReadStatus:
    def read(self, document: Any):
        return wire.read_status(document, Lookup(REFERENCE, amount=AMOUNT), AMOUNT)

    @pytest.mark.parametrize(
        ("name", "outcome", "failure"),
        [
            ("initiated", Outcome.PENDING, None),
            ("pending", Outcome.PENDING, None),
            ("success", Outcome.SUCCEEDED, None),
            ("failed", Outcome.FAILED, FailureReason.UNSPECIFIED),
            ("expired", Outcome.EXPIRED, FailureReason.EXPIRED),
        ],
    )
    def test_knows_every_word_of_the_guide(self, name, outcome, failure):
        told = self.read(sample(f"status_{name}"))
        assert (told.outcome, told.failure) == (outcome, failure)
        assert told.amount == AMOUNT
        assert told.client_reference == REFERENCE

    def test_names_the_movement_of_a_paid_one(self):
        assert self.read(sample("status_success")).transaction_ref == "MP150709.1341.A00073"

    def test_waits_when_the_status_is_the_number_that_one_client_expects(self, caplog):
        assert self.read(sample("status_as_number")).outcome is Outcome.PENDING
        assert "event=unknown_status" in caplog.text

    @given(word=st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["success", "SUCCESS ", "PAID"])))
    def test_is_a_success_only_by_exactly_that_word(self, word: object):
        told = self.read({"status": word, "order_id": REFERENCE})
        assert (told.outcome is Outcome.SUCCEEDED) == (word == "SUCCESS")

    def test_tells_of_another_order(self):
        assert self.read({**sample("status_success"), "order_id": "pay_99"}).client_reference == "pay_99"

    @pytest.mark.parametrize(("said", "minor"), [(900, 900), ("900", 900), (Decimal("900.0"), 900)])
    def test_takes_an_amount_at_its_word_where_there_is_one(self, said, minor):
        assert self.read({**sample("status_success"), "amount": said}).amount == Amount(minor, "XOF")

    @pytest.mark.parametrize("said", ["1e3", "", True, Decimal("1500.5"), {}])
    def test_does_not_guess_an_amount(self, said):
        with pytest.raises(UnreadableAnswer):
            self.read({**sample("status_success"), "amount": said})

    @pytest.mark.parametrize("document", [None, [], "SUCCESS", 7])
    def test_cannot_read_what_is_no_object(self, document):
        with pytest.raises(UnreadableAnswer):
            self.read(document)


class TestErrorCode:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("error_expired_credentials", "42"),
            ("error_reference_too_long", "24"),
            ("error_token", "invalid_client"),
            ("status_success", ""),
        ],
    )
    def test_is_found_in_each_shape(self, name, code):
        assert wire.error_code(sample(name)) == code

    @pytest.mark.parametrize("document", [None, [], "oops", {"code": True}, {"code": {}}])
    def test_is_empty_when_there_is_none(self, document):
        assert wire.error_code(document) == ""
