"""What is Cameroon's own: tickets, and what they save when answers get lost."""

import dataclasses

import pytest

from providers import registry
from providers.amounts import Amount
from providers.contract import (
    FailureReason,
    Lookup,
    NextActionKind,
    Outcome,
    PaymentRequest,
    PayoutRequest,
    Prepares,
)
from providers.errors import OutcomeUnknown, RequestRefused
from providers.orange.core.adapter import CoreAdapter

AMOUNT = Amount(1500, "XAF")
REQUEST = PaymentRequest("pay_01", AMOUNT, "+237691234111", "Un livre", "", "", "https://coko.example/n")
PAYOUT = PayoutRequest("out_01", AMOUNT, "+237691234111", "Awa", "Redevances")


@pytest.fixture
def core(sim) -> CoreAdapter:
    made = registry.adapter("orange_core", "CM", environment=sim.environment)
    assert isinstance(made, CoreAdapter)
    assert isinstance(made, Prepares)
    return made


def lookup(told) -> Lookup:
    return Lookup("pay_01", told.provider_ref, amount=AMOUNT)


class TestStartPayment:
    def test_a_lost_answer_leaves_a_ticket_to_ask_with(self, core, sim):
        sim.fault("pay", "drop", work_done=True)
        told = core.start_payment(REQUEST)
        assert (told.outcome, told.next_action.kind) == (Outcome.PENDING, NextActionKind.APPROVE_ON_PHONE)
        sim.approve(told.provider_ref)
        assert core.fetch_payment(lookup(told)).outcome is Outcome.SUCCEEDED

    @pytest.mark.parametrize("kind", ["html", "truncate", "error", "huge"])
    def test_no_breakdown_is_a_failure(self, core, sim, kind):
        sim.fault("pay", kind)
        assert core.start_payment(REQUEST).outcome is Outcome.PENDING

    def test_a_ticket_kept_beforehand_prompts_once_however_often_it_is_used(self, core, sim):
        request = dataclasses.replace(REQUEST, ticket=core.prepare_payment())
        sim.fault("pay", "drop", work_done=True)
        first, second = core.start_payment(request), core.start_payment(request)
        assert first.provider_ref == second.provider_ref == request.ticket
        assert second.outcome is Outcome.PENDING
        sim.approve(request.ticket)
        assert core.start_payment(request).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_an_unused_ticket_moves_nothing(self, core, sim):
        ticket = core.prepare_payment()
        assert core.fetch_payment(Lookup("pay_01", ticket)).outcome is Outcome.PENDING
        sim.advance(600)
        assert core.fetch_payment(Lookup("pay_01", ticket)).outcome is Outcome.EXPIRED
        assert sim.movements() == []

    def test_says_at_once_when_the_payer_has_not_the_money(self, core, sim):
        told = core.start_payment(dataclasses.replace(REQUEST, payer_phone="+237691234048"))
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.PAYER_INSUFFICIENT_FUNDS)

    def test_passes_on_any_other_refusal(self, core, sim):
        sim.fault("pay", "error", status=400)
        with pytest.raises(RequestRefused):
            core.start_payment(REQUEST)

    def test_prompts_again_on_demand(self, core, sim):
        told = core.start_payment(REQUEST)
        assert core.prompt_again(lookup(told)).outcome is Outcome.PENDING
        sim.approve(told.provider_ref)
        assert len(sim.movements()) == 1
        assert core.prompt_again(Lookup("pay_01")).outcome is Outcome.NOT_FOUND

    def test_a_token_that_ended_is_replaced(self, core, sim):
        told = core.start_payment(REQUEST)
        sim.advance(2496)
        assert core.fetch_payment(lookup(told)).outcome is Outcome.EXPIRED

    def test_success_without_confirmation_waits(self, core, sim):
        told = core.start_payment(REQUEST)
        sim.approve(told.provider_ref)
        sim.fault("get_session", "rewrite", fields={"confirmtxnstatus": None})
        assert core.fetch_payment(lookup(told)).outcome is Outcome.PENDING

    def test_a_fault_under_200_says_nothing(self, core, sim):
        told = core.start_payment(REQUEST)
        sim.fault("get_session", "rewrite", fields={"data": None})
        with pytest.raises(OutcomeUnknown):
            core.fetch_payment(lookup(told))


class TestStartPayout:
    def test_a_lost_answer_leaves_a_ticket_to_ask_with(self, core, sim):
        sim.fault("pay_payout", "drop", work_done=True)
        told = core.start_payout(PAYOUT)
        assert told.outcome is Outcome.PENDING
        assert core.fetch_payout(Lookup("out_01", told.provider_ref)).outcome is Outcome.SUCCEEDED

    def test_a_ticket_kept_beforehand_pays_once_however_often_it_is_used(self, core, sim):
        payout = dataclasses.replace(PAYOUT, ticket=core.prepare_payout())
        sim.fault("pay_payout", "drop", work_done=True)
        core.start_payout(payout)
        assert core.start_payout(payout).outcome is Outcome.SUCCEEDED
        assert [movement["amount"] for movement in sim.movements()] == ["-1500"]

    def test_says_when_our_wallet_is_short(self, core, sim):
        told = core.start_payout(dataclasses.replace(PAYOUT, amount=Amount(2_000_000, "XAF")))
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.MERCHANT_INSUFFICIENT_FUNDS)
        assert sim.movements() == []

    def test_passes_on_any_other_refusal(self, core, sim):
        sim.fault("pay_payout", "error", status=400)
        with pytest.raises(RequestRefused):
            core.start_payout(PAYOUT)
