"""The documents of the gateways: the quirks of their answers."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import strict_json
from providers.amounts import Amount, WireAmount
from providers.errors import UnreadableAnswer
from providers.moov import json_wire

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> dict:
    return strict_json.read((SAMPLES / name).read_bytes())


class TestStatus:
    @pytest.mark.parametrize(
        ("name", "code"),
        [("m2_status_paid.json", "0"), ("m2_status_as_number.json", "0"), ("m3_without_status.json", "")],
    )
    def test_is_text_whatever_it_came_as(self, name, code):
        assert json_wire.status(sample(name)) == code

    @pytest.mark.parametrize("value", [True, None, [], {}, Decimal("0.0")])
    def test_is_not_made_of_something_else(self, value):
        assert json_wire.status({"status": value}) == ""

    @pytest.mark.parametrize("document", [[], "0", 0, None])
    def test_of_no_object_is_no_answer(self, document):
        assert json_wire.status(document) == ""
        with pytest.raises(UnreadableAnswer):
            json_wire.answer(document)


class TestData:
    def test_is_empty_where_extended_data_is_a_list(self):
        assert json_wire.data(sample("m2_status_pending.json")) == {}

    def test_is_kept_by_codes_and_ids_and_never_by_person(self):
        assert json_wire.kept(sample("m2_subscriber.json")) == {
            "request-id": "MobileAccountStatus-1",
            "trans-id": "CHKSUB220107.0453.J00004",
            "status": "0",
            "message": "OK",
        }

    def test_explains_under_either_name(self):
        assert json_wire.kept(sample("m2_status_pending.json"))["message"] == "Pending"


class TestSubscriber:
    def test_is_a_document_inside_a_text(self):
        found = json_wire.subscriber(sample("m2_subscriber.json"))
        assert found == {"msisdn": "22662356789", "status": "ACTIVE", "firstname": "TEST"}

    def test_that_cannot_be_read_is_unreadable(self):
        with pytest.raises(UnreadableAnswer):
            json_wire.subscriber(sample("m2_subscriber_unreadable.json"))
        with pytest.raises(UnreadableAnswer):
            json_wire.subscriber({"extended-data": {"data": {"subscriber-details": "[]"}}})

    def test_may_be_missing(self):
        assert json_wire.subscriber(sample("m2_status_paid.json")) == {}


class TestAmount:
    @given(major=st.integers(1, 10**12), form=st.sampled_from([WireAmount.TEXT, WireAmount.NUMBER]))
    def test_is_whole_francs_as_text_or_number(self, major, form):
        written = json.loads(json_wire.written({"amount": json_wire.amount(Amount(major, "XOF"), form)}))["amount"]
        assert written == (str(major) if form is WireAmount.TEXT else major)
