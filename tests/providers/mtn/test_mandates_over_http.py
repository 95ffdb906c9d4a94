"""Pre-approvals from asking to ending, against the simulator."""

from datetime import UTC, datetime, timedelta

import pytest

from providers.contract import Lookup, MandateRequest, MandateState, Outcome, PaymentRequest
from providers.errors import OutcomeUnknown
from tests.providers.mtn.conftest import PHONE, request

LOOKUP = Lookup("man_01")


def asked(reference: str = "man_01", days: int = 30) -> MandateRequest:
    return MandateRequest(reference, PHONE, "XOF", "Abonnement", timedelta(days=days))


@pytest.fixture
def approved(mtn, sim) -> str:
    started = mtn.start_mandate(asked())
    assert started.state is MandateState.PENDING
    sim.approve(started.provider_ref)
    return started.provider_ref


class TestMandate:
    def test_is_approved_on_the_phone_and_lasts(self, mtn, approved):
        told = mtn.fetch_mandate(LOOKUP)
        assert told.state is MandateState.APPROVED
        assert told.expires_at > datetime.now(UTC) + timedelta(days=29)

    def test_lets_debits_through_without_a_prompt(self, mtn, sim, approved):
        mtn.start_payment(request())
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.SUCCEEDED
        other: PaymentRequest = PaymentRequest("pay_02", request().amount, PHONE[:-3] + "112", "Un livre", "", "")
        mtn.start_payment(other)
        assert mtn.fetch_payment(Lookup("pay_02")).outcome is Outcome.PENDING

    def test_ends_when_we_end_it(self, mtn, approved):
        assert mtn.cancel_mandate(LOOKUP, payer_phone=PHONE).state is MandateState.CANCELLED
        assert mtn.cancel_mandate(LOOKUP, payer_phone=PHONE).state is MandateState.CANCELLED
        mtn.start_payment(request())
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.PENDING

    def test_ends_alone(self, mtn, sim, approved):
        sim.approve(mtn.start_mandate(asked("man_02")).provider_ref)
        mtn.cancel_mandate(LOOKUP, payer_phone=PHONE)
        assert mtn.fetch_mandate(Lookup("man_02")).state is MandateState.APPROVED

    def test_ends_with_its_time(self, mtn, sim, approved):
        sim.advance(31 * 86_400)
        assert mtn.fetch_mandate(LOOKUP).state is MandateState.EXPIRED
        mtn.start_payment(request())
        assert mtn.fetch_payment(Lookup("pay_01")).outcome is Outcome.PENDING

    def test_can_be_refused(self, mtn, sim):
        sim.refuse(mtn.start_mandate(asked()).provider_ref)
        assert mtn.fetch_mandate(LOOKUP).state is MandateState.REJECTED

    def test_can_be_overlooked(self, mtn, sim):
        mtn.start_mandate(asked())
        sim.advance(300)
        assert mtn.fetch_mandate(LOOKUP).state is MandateState.EXPIRED

    def test_is_asked_for_once(self, mtn, sim):
        sim.fault("create_mandate", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            mtn.start_mandate(asked())
        assert mtn.start_mandate(asked()).state is MandateState.PENDING
        assert mtn.fetch_mandate(Lookup("man_404")).state is MandateState.NOT_FOUND

    def test_not_approved_cannot_be_ended(self, mtn):
        mtn.start_mandate(asked())
        assert mtn.cancel_mandate(LOOKUP, payer_phone=PHONE).state is MandateState.PENDING

    def test_is_taken_at_its_status_where_mtn_lists_nothing(self, mtn, sim, approved):
        sim.fault("unlisted", "switch")
        assert mtn.fetch_mandate(LOOKUP).state is MandateState.APPROVED

    def test_is_not_judged_by_half_when_the_list_cannot_be_had(self, mtn, sim, approved):
        sim.fault("list_mandates", "error", status=503)
        with pytest.raises(OutcomeUnknown):
            mtn.fetch_mandate(LOOKUP)
