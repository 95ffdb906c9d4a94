"""M2 by code: nothing is paid before a code is handed in, and each code once."""

import re
from dataclasses import replace

import pytest
import requests

from providers.amounts import Amount
from providers.contract import FailureReason, Lookup, NextActionKind, Outcome, PaymentRequest, PaymentResult
from providers.errors import OutcomeUnknown
from providers.moov.building import build
from providers.moov.by_code import MoovByCode
from providers.moov.simulator import credentials_of, demo_wallets

PRICE = Amount(1500, "XOF")
PHONE = "+22670123111"
REQUEST = PaymentRequest("pay_01", PRICE, PHONE, "Un livre", "https://a.example/", "https://a.example/")


@pytest.fixture
def moov(sim) -> MoovByCode:
    wallet = next(wallet for wallet in demo_wallets() if wallet.variant == "m2")
    adapter = build(credentials_of(wallet, variant="m2-otp"), sim.base_url, market="BF")
    assert isinstance(adapter, MoovByCode)
    return adapter


@pytest.fixture
def started(moov) -> PaymentResult:
    return moov.start_payment(REQUEST)


def lookup(told: PaymentResult) -> Lookup:
    return Lookup("pay_01", told.provider_ref, "m2-otp", PRICE, secrets=told.secrets)


def codes(sim) -> list[str]:
    """What the payer's phone shows, the latest first."""
    page = requests.get(f"{sim.base_url}/phone/", params={"number": PHONE[-8:]}, timeout=5).text
    return re.findall(r"code (\d{6})", page)


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


class TestStart:
    def test_has_a_code_sent_and_asks_for_it(self, sim, started):
        assert (started.outcome, started.next_action.kind) == (Outcome.PENDING, NextActionKind.ENTER_OTP)
        assert started.client_reference == "pay_01"
        assert len(codes(sim)) == 1
        assert sim.movements() == []

    def test_keeps_the_payer_s_number_and_moov_s_id_for_the_second_step(self, started):
        assert "22670123111" in started.secrets["order"]
        assert started.secrets["trans_ref"].startswith("OMROT")
        assert "22670123111" not in repr(started)

    def test_again_sends_another_code_and_only_one_is_ever_paid(self, moov, sim, started):
        again = moov.start_payment(REQUEST)
        assert len(codes(sim)) == 2
        assert moov.confirm_payment(lookup(again), codes(sim)[0]).outcome is Outcome.SUCCEEDED
        assert moov.start_payment(REQUEST).outcome is Outcome.SUCCEEDED
        assert moov.confirm_payment(lookup(started), "123456").outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_whose_answer_was_lost_is_not_found_so_that_a_code_is_sent_again(self, moov, sim):
        sim.fault("create_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            moov.start_payment(REQUEST)
        bare = Lookup("pay_01", platform="m2-otp", amount=PRICE)
        assert moov.fetch_payment(bare).outcome is Outcome.NOT_FOUND
        with pytest.raises(OutcomeUnknown) as unknown:
            moov.confirm_payment(bare, codes(sim)[0])
        assert unknown.value.code == "no_code_sent"
        assert sim.movements() == []


class TestConfirm:
    def test_with_the_right_code_takes_the_money(self, moov, sim, started):
        paid = moov.confirm_payment(lookup(started), codes(sim)[0])
        assert (paid.outcome, paid.amount, paid.client_reference) == (Outcome.SUCCEEDED, PRICE, "pay_01")
        assert [movement["amount"] for movement in sim.movements()] == ["1500"]
        assert moov.fetch_payment(lookup(started)).transaction_ref == paid.transaction_ref

    def test_with_a_wrong_one_is_no_end(self, moov, sim, started):
        (code,) = codes(sim)
        told = moov.confirm_payment(lookup(started), wrong(code))
        assert (told.outcome, told.failure) == (Outcome.PENDING, FailureReason.AUTH_CODE_INVALID)
        assert told.next_action.kind is NextActionKind.ENTER_OTP
        assert moov.fetch_payment(lookup(told)).outcome is Outcome.PENDING
        assert moov.confirm_payment(lookup(told), code).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_twice_takes_it_once(self, moov, sim, started):
        (code,) = codes(sim)
        moov.confirm_payment(lookup(started), code)
        assert moov.confirm_payment(lookup(started), code).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    @pytest.mark.parametrize("work_done", [True, False])
    def test_whose_answer_was_lost_is_looked_for_before_another(self, moov, sim, started, work_done):
        (code,) = codes(sim)
        sim.fault("confirm", "drop", work_done=work_done)
        with pytest.raises(OutcomeUnknown):
            moov.confirm_payment(lookup(started), code)
        known = moov.fetch_payment(lookup(started)).outcome
        assert known is (Outcome.SUCCEEDED if work_done else Outcome.PENDING)
        assert moov.confirm_payment(lookup(started), code).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_a_wrong_code_whose_answer_was_lost_does_not_use_up_the_next(self, moov, sim, started):
        (code,) = codes(sim)
        sim.fault("confirm", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            moov.confirm_payment(lookup(started), wrong(code))
        told = moov.fetch_payment(lookup(started))
        assert (told.outcome, told.failure) == (Outcome.PENDING, FailureReason.AUTH_CODE_INVALID)
        assert moov.confirm_payment(lookup(started), code).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_of_another_amount_is_refused_by_moov(self, moov, sim, started):
        (code,) = codes(sim)
        cheaper = started.secrets["order"].replace("1500", "15")
        altered = replace(lookup(started), secrets={**started.secrets, "order": cheaper})
        assert moov.confirm_payment(altered, code).outcome is Outcome.PENDING
        assert sim.movements() == []


class TestFetch:
    def test_never_takes_the_message_being_out_for_the_money_being_in(self, moov, started):
        assert moov._rail.payment_status("pay_01").code == "0"
        told = moov.fetch_payment(lookup(started))
        assert (told.outcome, told.next_action.kind) == (Outcome.PENDING, NextActionKind.ENTER_OTP)
        assert told.secrets == started.secrets

    def test_expires_with_the_code(self, moov, sim, started):
        (code,) = codes(sim)
        sim.advance(300)
        assert moov.fetch_payment(lookup(started)).outcome is Outcome.EXPIRED
        assert moov.confirm_payment(lookup(started), code).outcome is Outcome.EXPIRED
        assert sim.movements() == []


class TestCancel:
    def test_ends_it_since_only_we_could_hand_in_the_code(self, moov, sim, started):
        assert moov.cancel_payment(lookup(started)).outcome is Outcome.EXPIRED
        assert sim.movements() == []

    def test_tells_when_it_is_paid(self, moov, sim, started):
        moov.confirm_payment(lookup(started), codes(sim)[0])
        assert moov.cancel_payment(lookup(started)).outcome is Outcome.SUCCEEDED


class TestFormerly:
    def test_made_by_code_it_is_asked_and_closed_there(self, sim, started):
        wallet = next(wallet for wallet in demo_wallets() if wallet.variant == "m2")
        by_prompt = credentials_of(wallet, variant="m2", former_variant="m2-otp")
        moov = build(by_prompt, sim.base_url, market="BF")
        assert moov.fetch_payment(lookup(started)).next_action.kind is NextActionKind.ENTER_OTP
        assert moov.cancel_payment(lookup(started)).outcome is Outcome.EXPIRED
