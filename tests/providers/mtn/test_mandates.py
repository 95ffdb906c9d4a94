"""Pre-approvals on the wire."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import MandateRequest, MandateState
from providers.errors import UnreadableAnswer
from providers.mtn import mandates, wire
from tests.providers.mtn.test_wire import REF, SANDBOX, XOF, sample


def request(description: str = "Abonnement mensuel") -> MandateRequest:
    return MandateRequest("man_01", "+2250701020304", "XOF", description, timedelta(days=365))


class TestWritten:
    def test_says_who_how_long_and_for_which_reference(self):
        assert json.loads(mandates.written(request(), XOF)) == {
            "payer": {"partyIdType": "MSISDN", "partyId": "2250701020304"},
            "payerCurrency": "XOF",
            "payerMessage": "Abonnement mensuel man 01",
            "validityTime": 31_536_000,
        }
        assert json.loads(mandates.written(request(), SANDBOX))["payerCurrency"] == "EUR"

    @given(description=st.text(max_size=300))
    def test_keeps_the_reference_however_long_the_message(self, description):
        message = json.loads(mandates.written(request(description), XOF))["payerMessage"]
        assert len(message) <= wire.NOTE_CHARACTERS
        assert mandates.ours([{"message": message}], "man_01")


class TestRead:
    @pytest.mark.parametrize(
        ("name", "state"),
        [
            ("preapproval_pending", MandateState.PENDING),
            ("preapproval_successful_text", MandateState.APPROVED),
            ("preapproval_successful_integer", MandateState.APPROVED),
            ("preapproval_rejected", MandateState.REJECTED),
        ],
    )
    def test_reads_each_state(self, name, state):
        assert mandates.read(sample(name), request_ref=REF).state is state

    def test_reads_its_end_in_both_forms(self):
        ends = [
            mandates.read(sample(f"preapproval_successful_{form}"), request_ref=REF).expires_at
            for form in ("text", "integer")
        ]
        assert ends[0] == datetime(2027, 11, 28, 10, tzinfo=UTC)
        assert ends[1] == datetime.fromtimestamp(1827482400, UTC)
        assert mandates.moment(1827482400000) == ends[1]

    @pytest.mark.parametrize("value", [None, "", "soon", "2027-11-28T10:00:00", -1, True, 10**30, []])
    def test_does_without_an_end_it_cannot_read(self, value):
        assert mandates.moment(value) is None

    def test_an_expired_one_is_expired_and_an_unknown_word_pending(self):
        told = {**sample("preapproval_rejected"), "reason": "EXPIRED"}
        assert mandates.read(told, request_ref=REF).state is MandateState.EXPIRED
        assert mandates.read({**told, "status": "QUANTUM"}, request_ref=REF).state is MandateState.PENDING

    @pytest.mark.parametrize("document", [None, [], {}, {"status": 7}])
    def test_cannot_read_what_is_none(self, document):
        with pytest.raises(UnreadableAnswer):
            mandates.read(document, request_ref=REF)


class TestList:
    def test_finds_ours_by_the_end_of_the_message_or_the_external_id(self):
        entries = mandates.read_list(sample("preapprovals"))
        assert mandates.ours(entries, "man_01")["preApprovalId"] == "3"
        assert mandates.ours(entries, "man_04")["preApprovalId"] == "4"
        assert mandates.ours(entries, "man_1") is None

    def test_knows_what_is_over(self):
        entries = mandates.read_list(sample("preapprovals"))
        assert mandates.ended(mandates.ours(entries, "man_02")) is MandateState.CANCELLED
        assert mandates.ended(mandates.ours(entries, "man_01")) is None
        assert mandates.ended(None) is None

    def test_may_be_wrapped(self):
        assert len(mandates.read_list({"anything": sample("preapprovals")})) == 4

    @pytest.mark.parametrize("document", [None, {}, "x", {"a": {}}])
    def test_does_not_take_another_shape_for_an_empty_list(self, document):
        with pytest.raises(UnreadableAnswer):
            mandates.read_list(document)
