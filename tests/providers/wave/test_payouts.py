"""Wave's payouts over real HTTP: keys that hold for ever, answers that get lost, refusals, batches, reversals."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from providers import registry
from providers.amounts import Amount, NotWhole
from providers.contract import FailureReason, Lookup, MovementKind, Outcome, PaymentRequest, PayoutRequest
from providers.errors import OutcomeUnknown, RequestRefused, SlowDown
from providers.wave.adapter import Credentials, WaveAdapter

DAY = 86_400


def request(reference: str = "out_01", ending: str = "111", minor: int = 5000) -> PayoutRequest:
    return PayoutRequest(reference, Amount(minor, "XOF"), f"+221771234{ending}", "Awa Demo", "Redevances octobre")


def moved(sim) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["amount"], row["fee"]) for row in sim.movements()]


@pytest.fixture
def wave(sim) -> WaveAdapter:
    adapter = registry.adapter("wave", "SN", environment=sim.environment)
    assert isinstance(adapter, WaveAdapter)
    return adapter


class TestStartPayout:
    def test_pays_and_says_what_it_cost(self, wave, sim):
        told = wave.start_payout(request())
        assert (told.outcome, told.amount, told.fee) == (Outcome.SUCCEEDED, Amount(5000, "XOF"), Amount(50, "XOF"))
        assert moved(sim) == [("api_payout", "-5000", "50")]

    def test_pays_once_for_a_reference_however_late_it_is_asked_again(self, wave, sim):
        first = wave.start_payout(request())
        sim.advance(400 * DAY)
        assert wave.start_payout(request()) == first
        assert len(moved(sim)) == 1

    def test_pays_once_through_every_silence(self, wave, sim):
        for fault in ({"kind": "drop", "work_done": True}, {"kind": "error", "status": 503}, {"kind": "truncate"}):
            sim.fault("create_payout", **fault)
            with pytest.raises(OutcomeUnknown):
                wave.start_payout(request())
        assert wave.start_payout(request()).outcome is Outcome.SUCCEEDED
        assert len(moved(sim)) == 1

    @pytest.mark.parametrize("status", [408, 500, 503, 504])
    def test_calls_no_breakdown_a_failure_although_it_has_a_code(self, wave, sim, status):
        sim.fault("create_payout", "error", status=status, work_done=True)
        with pytest.raises(OutcomeUnknown):
            wave.start_payout(request())
        assert wave.fetch_payout(Lookup("out_01")).outcome is Outcome.SUCCEEDED

    def test_waits_when_it_is_too_fast(self, wave, sim):
        sim.fault("create_payout", "slow_down", seconds=3)
        with pytest.raises(SlowDown):
            wave.start_payout(request())
        assert wave.start_payout(request()).outcome is Outcome.SUCCEEDED

    @pytest.mark.parametrize(
        ("ending", "code", "reason"),
        [
            ("018", "recipient-minor", FailureReason.PAYEE_NOT_ELIGIBLE),
            ("029", "recipient-account-inactive", FailureReason.PAYEE_ACCOUNT_BLOCKED),
            ("039", "recipient-account-blocked", FailureReason.PAYEE_ACCOUNT_BLOCKED),
            ("048", "insufficient-funds", FailureReason.MERCHANT_INSUFFICIENT_FUNDS),
            ("058", "recipient-limit-exceeded", FailureReason.PAYEE_LIMIT_REACHED),
            ("068", "payment-failure", FailureReason.PROVIDER_ERROR),
        ],
    )
    def test_reads_every_refusal_as_final_with_its_reason(self, wave, sim, ending, code, reason):
        told = wave.start_payout(request(ending=ending))
        assert (told.outcome, told.failure_code, told.failure) == (Outcome.FAILED, code, reason)
        assert moved(sim) == []

    def test_refuses_another_country_and_another_currency(self, wave, sim):
        abroad = replace(request(), payee_phone="+2250707123456")
        assert wave.start_payout(abroad).failure is FailureReason.PAYEE_NOT_ELIGIBLE
        dalasi = replace(request("out_02"), amount=Amount(500, "GMD"))
        assert wave.start_payout(dalasi).failure is FailureReason.CURRENCY_NOT_SUPPORTED
        assert moved(sim) == []

    def test_sends_no_part_of_a_unit(self, wave, sim):
        told = wave.start_payout(replace(request(), amount=Amount(505, "GMD")))
        assert (told.outcome, told.failure) == (Outcome.FAILED, FailureReason.AMOUNT_INVALID)

    def test_does_not_believe_a_refusal_when_an_earlier_call_has_paid(self, wave, sim):
        sim.fault("create_payout", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            wave.start_payout(request())
        sim.fault("create_payout", "error", status=422)
        assert wave.start_payout(request()).outcome is Outcome.SUCCEEDED

    def test_does_not_believe_a_refusal_that_cannot_be_checked(self, wave, sim):
        sim.fault("create_payout", "error", status=422)
        sim.fault("search_payouts", "error", status=400)
        with pytest.raises(OutcomeUnknown):
            wave.start_payout(request())

    def test_finds_the_first_when_the_reference_is_sent_with_another_amount(self, wave, sim):
        wave.start_payout(request())
        told = wave.start_payout(request(minor=9000))
        assert (told.outcome, told.amount) == (Outcome.SUCCEEDED, Amount(5000, "XOF"))
        assert len(moved(sim)) == 1

    def test_leaves_open_a_conflict_about_a_payout_it_cannot_see(self, wave, sim):
        sim.fault("create_payout", "error", status=409)
        with pytest.raises(OutcomeUnknown):
            wave.start_payout(request())
        wave.start_payout(request())
        sim.fault("search_payouts", "rewrite", fields={"result": []})
        with pytest.raises(OutcomeUnknown) as unknown:
            wave.start_payout(request(minor=9000))
        assert unknown.value.code == "idempotency-mismatch"

    def test_stays_pending_while_wave_is_at_it(self, wave, sim):
        started = wave.start_payout(request(ending="129"))
        lookup = Lookup("out_01", started.provider_ref)
        assert wave.fetch_payout(lookup).outcome is Outcome.PENDING
        sim.approve(started.provider_ref)
        assert wave.fetch_payout(lookup).outcome is Outcome.SUCCEEDED
        other = wave.start_payout(request("out_02", "129"))
        sim.fail(other.provider_ref, code="recipient-account-blocked")
        assert wave.fetch_payout(Lookup("out_02", other.provider_ref)).failure is FailureReason.PAYEE_ACCOUNT_BLOCKED
        assert len(moved(sim)) == 1


class TestFetchPayout:
    def test_waits_for_a_word_it_does_not_know_and_logs_it(self, wave, sim, caplog):
        started = wave.start_payout(request())
        sim.fault("get_payout", "unknown_status")
        assert wave.fetch_payout(Lookup("out_01", started.provider_ref)).outcome is Outcome.PENDING
        assert "event=unknown_status provider=wave payout=pt-" in caplog.text

    def test_passes_on_another_amount(self, wave, sim):
        started = wave.start_payout(request())
        sim.fault("get_payout", "wrong_amount", amount="900")
        assert wave.fetch_payout(Lookup("out_01", started.provider_ref)).amount == Amount(900, "XOF")

    def test_looks_by_our_reference_when_the_id_is_unknown(self, wave):
        started = wave.start_payout(request())
        assert wave.fetch_payout(Lookup("out_01", "pt-unknown?x=y#z")).provider_ref == started.provider_ref

    def test_looks_for_another_before_it_tells_of_a_failure(self, wave, sim):
        failed = wave.start_payout(request(ending="068"))
        wave.start_batch("bat_01", (request(),))
        sim.advance(5)
        assert wave.fetch_payout(Lookup("out_01", failed.provider_ref)).outcome is Outcome.SUCCEEDED

    def test_passes_other_refusals_on(self, wave, sim):
        started = wave.start_payout(request())
        sim.fault("get_payout", "error", status=400)
        with pytest.raises(RequestRefused):
            wave.fetch_payout(Lookup("out_01", started.provider_ref))


class TestReversePayout:
    def paid(self, wave, ending: str = "111") -> Lookup:
        return Lookup("out_01", wave.start_payout(request(ending=ending)).provider_ref)

    def test_brings_amount_and_fee_back_once(self, wave, sim):
        lookup = self.paid(wave)
        sim.fault("reverse_payout", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            wave.reverse_payout(lookup)
        assert [wave.reverse_payout(lookup).outcome for _ in range(2)] == [Outcome.REVERSED] * 2
        assert moved(sim) == [("api_payout", "-5000", "50"), ("api_payout_reversal", "5000", "-50")]
        assert wave.fetch_balance() == Amount(0, "XOF")

    def test_says_so_at_once(self, wave):
        assert wave.reverse_payout(self.paid(wave)).outcome is Outcome.REVERSED

    @pytest.mark.parametrize(
        ("seconds", "outcome"), [(3 * DAY - 60, Outcome.REVERSED), (3 * DAY + 60, Outcome.SUCCEEDED)]
    )
    def test_is_for_three_days(self, wave, sim, seconds, outcome):
        lookup = self.paid(wave)
        sim.advance(seconds)
        assert wave.reverse_payout(lookup).outcome is outcome

    def test_leaves_paid_what_it_cannot_call_back_and_says_why(self, wave, sim):
        late, gone = self.paid(wave), wave.start_payout(request("out_02", "138"))
        sim.advance(4 * DAY)
        told = wave.reverse_payout(late)
        assert (told.outcome, told.failure) == (Outcome.SUCCEEDED, FailureReason.REFUND_NOT_ALLOWED)
        assert told.failure_code == "payout-reversal-time-limit-exceeded"
        told = wave.reverse_payout(Lookup("out_02", gone.provider_ref))
        assert (told.outcome, told.failure_code) == (Outcome.SUCCEEDED, "payout-reversal-account-terminated")
        assert len(moved(sim)) == 2

    def test_does_nothing_to_one_that_has_not_arrived(self, wave, sim):
        told = wave.reverse_payout(self.paid(wave, "129"))
        assert (told.outcome, told.failure) == (Outcome.PENDING, FailureReason.REFUND_NOT_ALLOWED)
        assert wave.reverse_payout(Lookup("out_404")).outcome is Outcome.NOT_FOUND
        assert wave.reverse_payout(
            Lookup("out_02", wave.start_payout(request("out_02", "068")).provider_ref)
        ).outcome is (Outcome.FAILED)
        assert moved(sim) == []


class TestBatch:
    REQUESTS = (request("out_01"), request("out_02", "058"), request("out_03", "129"), request("out_04"))

    def test_tells_each_apart_once_it_is_complete(self, wave, sim):
        started = wave.start_batch("bat_01", self.REQUESTS)
        assert {payout.outcome for payout in started.payouts.values()} == {Outcome.PENDING}
        early = wave.fetch_batch(started.provider_ref)
        sim.advance(2)
        batch = wave.fetch_batch(started.provider_ref)
        assert (early.is_complete, batch.is_complete) == (False, True)
        assert set(early.payouts) == set(batch.payouts) == {request.reference for request in self.REQUESTS}
        assert {reference: payout.outcome for reference, payout in batch.payouts.items()} == {
            "out_01": Outcome.SUCCEEDED,
            "out_02": Outcome.FAILED,
            "out_03": Outcome.PENDING,
            "out_04": Outcome.SUCCEEDED,
        }
        assert batch.payouts["out_02"].failure is FailureReason.PAYEE_LIMIT_REACHED
        assert len(moved(sim)) == 2

    def test_is_sent_once_for_a_reference(self, wave, sim):
        sim.fault("create_batch", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            wave.start_batch("bat_01", self.REQUESTS)
        refs = {wave.start_batch("bat_01", self.REQUESTS).provider_ref for _ in range(2)}
        assert len(refs) == 1
        assert len(moved(sim)) == 2

    def test_leaves_each_to_be_found_by_our_reference(self, wave, sim):
        wave.start_batch("bat_01", self.REQUESTS)
        assert wave.fetch_payout(Lookup("out_01")).outcome is Outcome.PENDING
        sim.advance(2)
        assert wave.fetch_payout(Lookup("out_01")).outcome is Outcome.SUCCEEDED
        assert wave.fetch_payout(Lookup("out_02")).outcome is Outcome.FAILED

    def test_leaves_open_what_went_under_that_reference_with_another_list(self, wave, sim):
        wave.start_batch("bat_01", self.REQUESTS)
        with pytest.raises(OutcomeUnknown):
            wave.start_batch("bat_01", self.REQUESTS[:1])
        assert len(moved(sim)) == 2

    def test_is_refused_as_a_whole_when_one_is_malformed(self, wave, sim):
        with pytest.raises(RequestRefused):
            wave.start_batch("bat_01", (request(), replace(request("out_02"), payee_phone="771234567")))
        with pytest.raises(NotWhole):
            wave.start_batch("bat_01", (replace(request(), amount=Amount(505, "GMD")),))
        assert moved(sim) == []

    def test_is_not_complete_by_a_word_it_does_not_know(self, wave, sim, caplog):
        started = wave.start_batch("bat_01", self.REQUESTS)
        sim.advance(2)
        sim.fault("get_batch", "unknown_status")
        assert not wave.fetch_batch(started.provider_ref).is_complete
        assert "batch=pb-" in caplog.text

    def test_of_nobody_is_refused(self, wave):
        with pytest.raises(RequestRefused):
            wave.fetch_batch("pb-unknown")


class TestCheckHolder:
    @pytest.mark.parametrize(("ending", "matches"), [("111", True), ("038", False), ("028", None)])
    def test_compares_the_name(self, wave, ending, matches):
        assert wave.check_holder(f"+221771234{ending}", name="Awa Demo").name_matches is matches

    def test_says_whether_that_much_can_be_received(self, wave):
        phone = "+221771234111"
        assert wave.check_holder(phone).within_limits is None
        assert wave.check_holder(phone, amount=Amount(5000, "XOF")).within_limits is True
        assert wave.check_holder(phone, amount=Amount(3_000_000, "XOF")).within_limits is False
        assert wave.check_holder("+221771234058", amount=Amount(5, "XOF")).within_limits is False

    def test_is_held_back_after_thirty_names_in_five_minutes_for_an_hour(self, wave, sim):
        phone = "+221771234111"
        for _ in range(30):
            wave.check_holder(phone, name="Awa Demo")
        with pytest.raises(SlowDown):
            wave.check_holder(phone, name="Awa Demo")
        sim.advance(59 * 60)
        with pytest.raises(SlowDown):
            wave.check_holder(phone, name="Awa Demo")
        assert wave.check_holder(phone).name_matches is None  # without a name it is not counted
        assert wave.check_holder("+221771234112", name="Awa Demo").name_matches  # nor another number
        sim.advance(2 * 60)
        assert wave.check_holder(phone, name="Awa Demo").name_matches


class TestStatement:
    def test_lists_everything_that_moved_with_its_kind_and_fee(self, wave, sim):
        wave.start_payout(request())
        wave.reverse_payout(Lookup("out_01"))
        wave.start_batch("bat_01", (request("out_02"),))
        lines = wave.list_movements(datetime.now(UTC).date()).lines
        assert [(line.kind, line.net_minor, line.fee_minor, line.client_reference) for line in lines] == [
            (MovementKind.PAYOUT, -5050, 50, "out_01"),
            (MovementKind.PAYOUT_REVERSAL, 5050, -50, "out_01"),
            (MovementKind.PAYOUT, -5050, 50, "out_02"),
        ]
        assert [line.is_reversal for line in lines] == [False, True, False]
        assert lines[0].counterparty_phone == "+221771234111"
        assert lines[2].provider_ref.startswith("pb-")
        assert len({line.line_ref for line in lines}) == 3
        assert wave.fetch_balance() == Amount(lines[-1].balance_minor, "XOF") == Amount(-5050, "XOF")

    def test_is_of_one_utc_day(self, wave, sim):
        wave.start_payout(request())
        today = datetime.now(UTC).date()
        sim.advance(DAY)
        wave.start_payout(request("out_02"))
        days = [today + timedelta(days=number) for number in (-1, 0, 1)]
        assert [[line.client_reference for line in wave.list_movements(day).lines] for day in days] == [
            [],
            ["out_01"],
            ["out_02"],
        ]

    def test_names_in_the_log_what_nobody_told_us_of(self, wave, sim, caplog):
        wave.start_payout(request())
        sim.fault("transactions", "rewrite", fields={"transaction_type": "moon_rent"})
        (line,) = wave.list_movements(datetime.now(UTC).date()).lines
        assert line.kind is MovementKind.OTHER
        assert "event=unknown_movement provider=wave" in caplog.text

    def test_reads_a_sweep_to_the_bank_as_a_transfer(self, wave, sim):
        wave.start_payout(request())
        sim.fault("transactions", "rewrite", fields={"transaction_type": "merchant_sweep"})
        assert wave.list_movements(datetime.now(UTC).date()).lines[0].kind is MovementKind.TRANSFER


class TestSecrets:
    def test_phones_and_keys_reach_no_log(self, wave, sim, caplog):
        caplog.set_level(logging.DEBUG, logger="providers")
        told: list[object] = [wave.start_payout(request()), wave.check_holder("+221771234111", name="Awa")]
        told.append(wave.reverse_payout(Lookup("out_01")))
        written = caplog.text + repr(told)
        assert "771234111" not in written
        assert "this_key_is_not_real" not in written


class TestNarrowWallet:
    """A wallet that holds what came in and no more, told of two lines a page, with a key that signs."""

    @pytest.fixture
    def narrow(self, wallet_server) -> WaveAdapter:
        base_url, wallet = wallet_server(signing_secret="wave_sn_AKS_demo_not_real", overdraft=Decimal(0), page_size=2)
        return WaveAdapter(Credentials(wallet.api_key, wallet.webhook_secret, wallet.signing_secret), base_url)

    @pytest.fixture
    def rich(self, narrow) -> WaveAdapter:
        """A hundred thousand came in, less one percent."""
        urls = {"success_url": "https://coko.example/ok", "error_url": "https://coko.example/ko"}
        paid = narrow.start_payment(PaymentRequest("pay_01", Amount(100_000, "XOF"), None, "", **urls))
        requests.post(paid.next_action.url, data={"action": "approve"}, timeout=5, allow_redirects=False)
        return narrow

    def test_does_not_pay_out_what_it_does_not_hold(self, rich):
        assert rich.start_payout(request(minor=98_021)).failure is FailureReason.MERCHANT_INSUFFICIENT_FUNDS
        assert rich.start_payout(request("out_02", minor=98_019)).outcome is Outcome.SUCCEEDED
        assert rich.fetch_balance() == Amount(1, "XOF")

    def test_is_told_page_by_page(self, rich):
        for number in range(4):
            rich.start_payout(request(f"out_{number}"))
        pages, cursor = [], None
        while not pages or cursor:
            page = rich.list_movements(datetime.now(UTC).date(), cursor)
            cursor = page.next_cursor
            pages.append([line.client_reference for line in page.lines])
        assert pages == [["pay_01", "out_0"], ["out_1", "out_2"], ["out_3"]]

    def test_pays_once_when_every_call_is_signed(self, rich):
        assert rich.start_payout(request()) == rich.start_payout(request())
        assert rich.reverse_payout(Lookup("out_01")).outcome is Outcome.REVERSED
