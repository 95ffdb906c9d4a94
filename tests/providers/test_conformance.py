"""What every provider's adapter promises billing, tried against that provider's simulator over real HTTP.

What a provider cannot do by its capabilities is not asked of it; what it claims, it must do.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers import http, registry, simulation
from providers.amounts import EXPONENTS, Amount
from providers.contract import (
    Adapter,
    Arrival,
    Detail,
    Idempotency,
    KnowsHolders,
    ListsMovements,
    Lookup,
    MandateRequest,
    MandateState,
    NextActionKind,
    Notifies,
    Outcome,
    PaymentRequest,
    PaymentResult,
    PayoutRequest,
    PaysOut,
    PaysOutTogether,
    RefundKind,
    RefundRequest,
    Refunds,
    ReversesPayouts,
    TakesMandates,
    TellsBalance,
    TellsFloat,
    Trust,
)
from providers.errors import (
    CredentialsRefused,
    NotificationRefused,
    NotSent,
    OutcomeUnknown,
    SlowDown,
    UnreadableAnswer,
)

# One simulator serves all examples, and the suite runs once for each wallet.
_OURS = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
# A machine that is busy answers late: only examples of silence may call that a lost answer.
LONG = http.Limits(connect_seconds=10, read_seconds=10, total_seconds=20)
SHORT = http.Limits(connect_seconds=1, read_seconds=1, total_seconds=1.5)
SILENT = ("hang", "drip")

pytestmark = pytest.mark.parametrize("provider", registry.names())


@dataclass(frozen=True, slots=True)
class World:
    """One wallet of a provider: whom it asks, in what money."""

    provider: str
    market: str
    currency: str
    phone: str
    notify_url: str = ""

    def amount(self, major: int = 1500) -> Amount:
        return Amount(major * 10 ** EXPONENTS[self.currency], self.currency)

    def request(self, reference: str = "pay_01", major: int = 1500) -> PaymentRequest:
        known = registry.capabilities(self.provider)
        return PaymentRequest(
            reference=reference,
            amount=self.amount(major),
            payer_phone=self.phone,
            description="Un livre",
            success_url="https://coko.example/ok",
            error_url="https://coko.example/ko",
            notify_url=self.notify_url or f"https://coko.example/webhooks/{self.provider}/{self.market}",
            payer_code="123456" if known.needs_code else None,
        )

    def lookup(self, started: PaymentResult, reference: str = "pay_01", major: int = 1500) -> Lookup:
        return Lookup(
            reference=reference,
            provider_ref=started.provider_ref,
            platform=self.platform,
            amount=self.amount(major),
            asked_at=datetime.now(UTC),
            secrets=started.secrets,
        )

    def bare(self, reference: str = "pay_01", major: int = 1500) -> Lookup:
        """What is known of an attempt whose answer was lost."""
        return Lookup(reference, platform=self.platform, amount=self.amount(major), asked_at=datetime.now(UTC))

    @property
    def platform(self) -> str:
        return registry.adapter(self.provider, self.market, environment=_ANYWHERE).platform


_ANYWHERE = simulation.demo_environment("http://127.0.0.1:1")


def world_of(provider: str, market: str) -> World:
    currency = min(registry.capabilities(provider).markets[market])
    number = phonenumbers.example_number_for_type(market, phonenumbers.PhoneNumberType.MOBILE)
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return World(provider, market, currency, f"{phone[:-3]}111")  # a number that waits for what we say


@pytest.fixture
def market(provider: str) -> str:
    return min(simulation.DEMO_CREDENTIALS[provider])


@pytest.fixture
def world(provider: str, market: str) -> World:
    return world_of(provider, market)


@pytest.fixture
def adapter(provider: str, market: str, sim: simulation.Running) -> Adapter:
    return registry.adapter(provider, market, environment=sim.environment, limits=LONG)


@pytest.fixture
def hasty(provider: str, market: str, sim: simulation.Running) -> Adapter:
    """Soon takes silence for a lost answer."""
    return registry.adapter(provider, market, environment=sim.environment, limits=SHORT)


def finds_by_reference(adapter: Adapter) -> bool:
    return adapter.capabilities.idempotency is not Idempotency.NONE


def leaves_out(adapter: Adapter, detail: Detail) -> bool:
    return detail in adapter.capabilities.leaves_out


def needs(adapter: Adapter, *protocols: type) -> None:
    for protocol in protocols:
        if not isinstance(adapter, protocol):
            pytest.skip(f"{type(adapter).__name__} is none that {protocol.__name__.lower()}")


class TestCapabilities:
    def test_say_what_the_adapter_is(self, adapter):
        known = adapter.capabilities
        assert isinstance(adapter, Refunds) == (known.refunds in (RefundKind.FULL, RefundKind.PARTIAL))
        assert isinstance(adapter, PaysOut) == known.pays_out
        assert isinstance(adapter, ReversesPayouts) == (known.reversal_window is not None)
        assert isinstance(adapter, Notifies) == (known.trust is not Trust.POLL_ONLY)
        assert known.refunds is not RefundKind.BY_PAYOUT or known.pays_out
        assert set(known.collects) <= set(known.markets)
        assert set(known.payouts) <= set(known.markets)
        assert set(known.by_market) <= set(known.markets)


class TestStartPayment:
    def test_asks_for_the_amount_and_says_what_the_payer_does_next(self, adapter, world):
        started = adapter.start_payment(world.request())
        assert started.outcome is Outcome.PENDING
        assert started.amount in (None, world.amount())
        assert started.client_reference in (None, "pay_01")
        assert started.next_action.kind in adapter.capabilities.next_actions
        assert started.next_action.kind is not NextActionKind.NONE

    def test_finds_the_first_when_asked_again(self, adapter, sim, world):
        if not finds_by_reference(adapter):
            pytest.skip("what was not answered is nobody's to pay")
        first, second = adapter.start_payment(world.request()), adapter.start_payment(world.request())
        assert first.provider_ref == second.provider_ref
        sim.approve(first.provider_ref)
        assert adapter.start_payment(world.request()).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_makes_another_for_another_reference(self, adapter, world):
        assert (
            adapter.start_payment(world.request("pay_01")).provider_ref
            != adapter.start_payment(world.request("pay_02")).provider_ref
        )

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 500, "work_done": True},
            {"kind": "error", "status": 503, "work_done": False},
            {"kind": "hang", "seconds": 3, "work_done": True},
            {"kind": "drop", "work_done": True},
            {"kind": "drop", "work_done": False},
            {"kind": "truncate"},
            {"kind": "html", "work_done": True},
            {"kind": "huge", "work_done": True},
            {"kind": "drip", "seconds": 0.1},
            {"kind": "redirect", "location": "http://127.0.0.1:1/", "work_done": True},
        ],
        ids=lambda fault: f"{fault['kind']}-{fault.get('work_done', '')}",
    )
    def test_never_calls_a_lost_answer_a_failure_and_never_asks_twice(self, adapter, hasty, sim, fault, world):
        sim.fault("create_session", **fault)
        with pytest.raises(OutcomeUnknown):
            (hasty if fault["kind"] in SILENT else adapter).start_payment(world.request())
        if not finds_by_reference(adapter):
            assert adapter.fetch_payment(world.bare()).outcome is Outcome.NOT_FOUND
            assert sim.movements() == []
            return
        started = adapter.start_payment(world.request())  # the resume, with the same reference
        sim.approve(started.provider_ref)
        assert adapter.fetch_payment(world.bare()).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_knows_that_nothing_happened_when_nobody_was_there(self, provider, market, world):
        environment = simulation.demo_environment("http://127.0.0.1:1")
        with pytest.raises(NotSent):
            registry.adapter(provider, market, environment=environment, limits=LONG).start_payment(world.request())

    def test_passes_on_the_wish_to_slow_down(self, adapter, sim, world):
        sim.fault("*", "slow_down", seconds=7)
        with pytest.raises(SlowDown) as slow:
            adapter.start_payment(world.request())
        assert slow.value.retry_after_seconds == 7

    def test_tells_refused_credentials_apart(self, provider, market, sim, world):
        environment = {
            name: "somebody-elses" if name.endswith(("_KEY", "_PASSWORD", "_SECRET", "_PIN")) else value
            for name, value in sim.environment.items()
        }
        with pytest.raises(CredentialsRefused):
            registry.adapter(provider, market, environment=environment, limits=LONG).start_payment(world.request())


class TestFetchPayment:
    def test_reads_what_the_payer_did(self, adapter, sim, world):
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        paid = adapter.fetch_payment(world.lookup(started))
        assert paid.outcome is Outcome.SUCCEEDED
        assert paid.amount == world.amount()
        assert paid.transaction_ref
        assert paid.completed_at or leaves_out(adapter, Detail.TIME)

    def test_finds_by_our_reference_alone(self, adapter, world):
        if not finds_by_reference(adapter):
            pytest.skip("it cannot be looked for")
        started = adapter.start_payment(world.request())
        assert adapter.fetch_payment(world.bare()).provider_ref == started.provider_ref

    def test_reads_a_refusal_as_failed_with_a_reason(self, adapter, sim, world):
        started = adapter.start_payment(world.request())
        sim.refuse(started.provider_ref)
        refused = adapter.fetch_payment(world.lookup(started))
        assert refused.outcome is Outcome.FAILED
        assert refused.failure is not None

    def test_reads_expiry_and_a_late_success_after_it(self, adapter, sim, world):
        started = adapter.start_payment(world.request())
        sim.advance(int(adapter.capabilities.session_life.total_seconds()))
        told = adapter.fetch_payment(world.lookup(started))
        # One that does not tell the payer's silence from a refusal has failed, and can be paid late all the same.
        assert told.outcome is (Outcome.FAILED if leaves_out(adapter, Detail.EXPIRY) else Outcome.EXPIRED)
        sim.approve(started.provider_ref, late=True)
        assert adapter.fetch_payment(world.lookup(started)).outcome is Outcome.SUCCEEDED

    def test_says_when_it_was_never_heard_of(self, adapter, world):
        assert adapter.fetch_payment(world.bare("pay_404")).outcome is Outcome.NOT_FOUND

    def test_waits_when_the_status_is_unknown_and_says_so_in_the_log(self, adapter, sim, caplog, world):
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        sim.fault("get_session", "unknown_status")
        assert adapter.fetch_payment(world.lookup(started)).outcome is Outcome.PENDING
        assert "event=unknown_status" in caplog.text

    def test_passes_on_another_amount_for_billing_to_see(self, adapter, sim, world):
        if leaves_out(adapter, Detail.AMOUNT):
            pytest.skip("it says no amounts")
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        sim.fault("get_session", "wrong_amount", amount="900")
        assert adapter.fetch_payment(world.lookup(started)).amount == world.amount(900)

    @pytest.mark.parametrize("amount", ["1e3", "1500.5", "-", ""])
    def test_calls_an_amount_that_is_none_unreadable(self, adapter, sim, amount, world):
        if leaves_out(adapter, Detail.AMOUNT):
            pytest.skip("it says no amounts")
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        sim.fault("get_session", "wrong_amount", amount=amount)
        with pytest.raises(UnreadableAnswer):
            adapter.fetch_payment(world.lookup(started))

    def test_does_not_take_a_time_out_for_a_failure(self, adapter, hasty, sim, world):
        started = adapter.start_payment(world.request())
        sim.fault("get_session", "hang", seconds=3)
        with pytest.raises(OutcomeUnknown):
            hasty.fetch_payment(world.lookup(started))

    @settings(max_examples=20, deadline=None, suppress_health_check=_OURS)
    @given(major=st.integers(1, 10**6))
    def test_gives_back_every_amount_unchanged(self, adapter, market, major, world):
        if not adapter.capabilities.collecting(market).takes(world.amount(major).minor):
            return
        reference = f"pay_{major}"
        started = adapter.start_payment(world.request(reference, major))
        told = adapter.fetch_payment(world.lookup(started, reference, major))
        assert told.amount in (None, world.amount(major))

    def test_masks_the_phone_in_the_record(self, adapter, world):
        assert world.phone.removeprefix("+") not in str(adapter.start_payment(world.request()).raw)


class TestCancelPayment:
    def test_closes_what_is_open(self, adapter, sim, world):
        started = adapter.start_payment(world.request())
        # A prompt on a phone cannot be called back; it then stays what it is.
        assert adapter.cancel_payment(world.lookup(started)).outcome in (Outcome.EXPIRED, Outcome.PENDING)
        assert sim.movements() == []

    def test_tells_when_the_payer_was_faster(self, adapter, sim, world):
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        assert adapter.cancel_payment(world.lookup(started)).outcome is Outcome.SUCCEEDED

    def test_may_be_repeated(self, adapter, world):
        started = adapter.start_payment(world.request())
        assert adapter.cancel_payment(world.lookup(started)) == adapter.cancel_payment(world.lookup(started))

    def test_says_when_it_was_never_heard_of(self, adapter, world):
        assert adapter.cancel_payment(world.bare("pay_404")).outcome is Outcome.NOT_FOUND


class TestRefundPayment:
    def refund(self, world, started, reference: str = "ref_01", major: int = 1500) -> RefundRequest:
        return RefundRequest(reference, world.lookup(started), world.amount(major), "Remboursement")

    def paid(self, adapter, world, sim) -> PaymentResult:
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        return started

    def test_gives_back_once_however_often_it_is_asked(self, adapter, sim, world):
        needs(adapter, Refunds)
        request = self.refund(world, self.paid(adapter, world, sim))
        sim.fault("refund_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            adapter.refund_payment(request)
        adapter.refund_payment(request)
        lookup = Lookup(request.reference, platform=world.platform, amount=request.amount)
        assert adapter.fetch_refund(lookup, payment=request.payment).outcome is Outcome.SUCCEEDED
        assert [movement["amount"] for movement in sim.movements()] == ["1500", "-1500"]

    def test_gives_back_a_part_where_it_can(self, adapter, sim, world):
        needs(adapter, Refunds)
        if adapter.capabilities.refunds is not RefundKind.PARTIAL:
            pytest.skip("gives back the whole")
        started = self.paid(adapter, world, sim)
        for reference in ("ref_01", "ref_02"):
            adapter.refund_payment(self.refund(world, started, reference, 500))
        assert [movement["amount"] for movement in sim.movements()] == ["1500", "-500", "-500"]

    def test_gives_back_nothing_that_was_not_paid(self, adapter, sim, world):
        needs(adapter, Refunds)
        started = adapter.start_payment(world.request())
        request = self.refund(world, started)
        told = adapter.refund_payment(request)
        if told.outcome is Outcome.PENDING:
            told = adapter.fetch_refund(Lookup("ref_01", platform=world.platform), payment=request.payment)
        assert told.outcome is Outcome.FAILED
        assert sim.movements() == []


class TestPayOut:
    def request(self, world, reference: str = "out_01", major: int = 1500) -> PayoutRequest:
        return PayoutRequest(reference, world.amount(major), world.phone, "Awa Demo", "Redevances")

    def lookup(self, world, told=None, reference: str = "out_01") -> Lookup:
        ref = told.provider_ref if told else None
        return Lookup(reference, ref, world.platform, world.amount(), datetime.now(UTC))

    def test_pays_and_says_so(self, adapter, sim, world):
        needs(adapter, PaysOut)
        told = adapter.start_payout(self.request(world))
        assert told.outcome in (Outcome.PENDING, Outcome.SUCCEEDED)
        paid = adapter.fetch_payout(self.lookup(world, told))
        assert paid.outcome is Outcome.SUCCEEDED
        assert paid.amount in (None, world.amount())
        assert [movement["amount"] for movement in sim.movements()] == ["-1500"]

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 500, "work_done": True},
            {"kind": "hang", "seconds": 3, "work_done": True},
            {"kind": "drop", "work_done": True},
            {"kind": "drop", "work_done": False},
            {"kind": "truncate"},
            {"kind": "html", "work_done": True},
        ],
        ids=lambda fault: f"{fault['kind']}-{fault.get('work_done', '')}",
    )
    def test_never_pays_twice_when_an_answer_is_lost(self, adapter, hasty, sim, world, fault):
        needs(adapter, PaysOut)
        sim.fault("create_payout", **fault)
        with pytest.raises(OutcomeUnknown):
            (hasty if fault["kind"] in SILENT else adapter).start_payout(self.request(world))
        known = adapter.fetch_payout(self.lookup(world))
        if known.outcome is Outcome.NOT_FOUND:
            known = adapter.start_payout(self.request(world))
        assert adapter.fetch_payout(self.lookup(world, known)).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_sends_the_same_request_once(self, adapter, sim, world):
        needs(adapter, PaysOut)
        if not finds_by_reference(adapter):
            pytest.skip("it has no key for it")
        adapter.start_payout(self.request(world))
        adapter.start_payout(self.request(world))
        assert len(sim.movements()) == 1

    def test_says_when_it_was_never_heard_of(self, adapter, world):
        needs(adapter, PaysOut)
        assert adapter.fetch_payout(self.lookup(world, reference="out_404")).outcome is Outcome.NOT_FOUND

    def test_comes_back_once(self, adapter, sim, world):
        needs(adapter, PaysOut, ReversesPayouts)
        told = adapter.start_payout(self.request(world))
        lookup = self.lookup(world, told)
        adapter.reverse_payout(lookup)
        adapter.reverse_payout(lookup)
        assert adapter.fetch_payout(lookup).outcome is Outcome.REVERSED
        assert len(sim.movements()) == 2


class TestPayOutTogether:
    def requests(self, world) -> tuple[PayoutRequest, ...]:
        one = PayoutRequest("out_01", world.amount(), world.phone, "Awa Demo", "Redevances")
        return one, replace(one, reference="out_02", payee_phone=f"{world.phone[:-3]}112")

    def test_pays_each_once_and_tells_of_each(self, adapter, sim, world):
        needs(adapter, PaysOutTogether)
        started = adapter.start_batch("bat_01", self.requests(world))
        assert adapter.start_batch("bat_01", self.requests(world)).provider_ref == started.provider_ref
        sim.advance(60)
        batch = adapter.fetch_batch(started.provider_ref)
        assert batch.is_complete
        assert {ref: payout.outcome for ref, payout in batch.payouts.items()} == {
            "out_01": Outcome.SUCCEEDED,
            "out_02": Outcome.SUCCEEDED,
        }
        assert [movement["amount"] for movement in sim.movements()] == ["-1500", "-1500"]

    def test_never_calls_a_lost_answer_a_failure(self, adapter, sim, world):
        needs(adapter, PaysOutTogether)
        sim.fault("create_batch", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            adapter.start_batch("bat_01", self.requests(world))
        adapter.start_batch("bat_01", self.requests(world))
        assert len(sim.movements()) == 2


class TestWallet:
    def test_tells_its_balance(self, adapter, sim, world):
        needs(adapter, TellsBalance)
        before = adapter.fetch_balance()
        sim.approve(adapter.start_payment(world.request()).provider_ref)
        after = adapter.fetch_balance()
        assert after.currency == world.currency
        assert after.minor > before.minor

    def test_tells_what_is_left_to_pay_out(self, adapter, world):
        needs(adapter, TellsFloat, PaysOut)
        before = adapter.fetch_float()
        adapter.start_payout(PayoutRequest("out_01", world.amount(), world.phone, "Awa Demo", "Redevances"))
        after = adapter.fetch_float()
        assert (after.currency, before.minor - after.minor) == (world.currency, world.amount().minor)

    def test_lists_what_moved_a_page_at_a_time(self, adapter, sim, world):
        needs(adapter, ListsMovements)
        for number in range(3):
            sim.approve(adapter.start_payment(world.request(f"pay_{number}")).provider_ref)
        lines, cursor = [], None
        while True:
            page = adapter.list_movements(datetime.now(UTC).date(), cursor)
            lines += page.lines
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [line.client_reference for line in lines] == ["pay_0", "pay_1", "pay_2"]
        assert {line.net_minor + line.fee_minor for line in lines} == {world.amount().minor}

    def test_knows_who_holds_a_number(self, adapter, world):
        needs(adapter, KnowsHolders)
        assert adapter.check_holder(world.phone).is_active in (True, None)


class TestMandate:
    def request(self, world, reference: str = "man_01") -> MandateRequest:
        return MandateRequest(reference, world.phone, world.currency, "Abonnement", timedelta(days=30))

    def test_is_approved_by_the_payer_and_ended_by_us(self, adapter, sim, world):
        needs(adapter, TakesMandates)
        asked = adapter.start_mandate(self.request(world))
        lookup = Lookup("man_01", asked.provider_ref, world.platform)
        assert asked.state is MandateState.PENDING
        sim.approve(asked.provider_ref)
        assert adapter.fetch_mandate(lookup).state is MandateState.APPROVED
        for _ in range(2):
            assert adapter.cancel_mandate(lookup, payer_phone=world.phone).state is MandateState.CANCELLED
        assert sim.movements() == []

    def test_is_asked_for_once_however_often_it_is_sent(self, adapter, sim, world):
        needs(adapter, TakesMandates)
        sim.fault("create_mandate", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            adapter.start_mandate(self.request(world))
        again = adapter.start_mandate(self.request(world))
        sim.approve(again.provider_ref)
        assert adapter.start_mandate(self.request(world)).state is MandateState.APPROVED

    def test_says_when_it_was_never_heard_of(self, adapter, world):
        needs(adapter, TakesMandates)
        assert adapter.fetch_mandate(Lookup("man_404", platform=world.platform)).state is MandateState.NOT_FOUND


class TestReadNotification:
    @pytest.fixture(autouse=True)
    def _sends_any(self, adapter) -> None:
        needs(adapter, Notifies)

    @pytest.fixture
    def sim(self, shop) -> Iterator[simulation.Running]:
        with simulation.serve(webhooks_to=shop.url, retry_seconds=0.05) as running:
            yield running

    @pytest.fixture
    def world(self, provider, market, shop) -> World:
        plain = world_of(provider, market)
        return World(provider, market, plain.currency, plain.phone, f"{shop.url}/{provider}/{market}")

    def arrival(self, received: tuple[str, dict[str, str], bytes]) -> Arrival:
        path, headers, body = received
        parts = path.strip("/").split("/")
        plain = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        token = parts[3] if len(parts) > 3 else ""
        given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        return Arrival(plain, body, datetime.now(UTC), token, bears=lambda text: text == given)

    def test_understands_what_the_simulator_sends_twice_alike(self, adapter, provider, market, sim, shop, world):
        sim.fault("webhook", "duplicate", copies=1)
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        once, again = shop.wait_for(2)
        assert once[0].startswith(f"/webhooks/{provider}/{market}/")
        first = adapter.read_notification(self.arrival(once))
        assert first == adapter.read_notification(self.arrival(again))
        assert first.provider_ref in (None, started.provider_ref)
        assert first.client_reference == "pay_01"
        assert first.secret in (None, started.secrets.get("notification"))
        # A hint, nothing more: reading again after each gives the same answer and moves nothing.
        lookup = world.lookup(started)
        assert adapter.fetch_payment(lookup) == adapter.fetch_payment(lookup)
        assert len(sim.movements()) == 1

    def test_refuses_a_forged_one(self, adapter, sim, shop, world):
        sim.fault("webhook", "forged")
        started = adapter.start_payment(world.request())
        sim.approve(started.provider_ref)
        (received,) = shop.wait_for(1)
        try:
            told = adapter.read_notification(self.arrival(received))
        except NotificationRefused:
            return
        # A provider that signs nothing can only be told by its secret, or by the address that it alone was told.
        assert told.secret is not None
        assert told.secret != started.secrets["notification"]

    def test_refuses_another_markets(self, adapter, provider, market, sim, shop, world):
        other = max(simulation.DEMO_CREDENTIALS[provider])
        if other == market:
            pytest.skip("it works in one market")
        theirs = registry.adapter(provider, other, environment=sim.environment)
        there = world_of(provider, other)
        there = World(provider, other, there.currency, there.phone, world.notify_url)
        sim.approve(theirs.start_payment(there.request()).provider_ref)
        (received,) = shop.wait_for(1)
        assert theirs.read_notification(self.arrival(received))
        with pytest.raises(NotificationRefused):
            adapter.read_notification(self.arrival(received))

    def test_refuses_one_without_any_proof(self, adapter, world):
        with pytest.raises(NotificationRefused):
            adapter.read_notification(Arrival({}, b'{"id":"EV_1","type":"x","data":{}}', datetime.now(UTC)))


class TestSecrets:
    def test_are_never_printed_or_logged(self, provider, market, adapter, sim, caplog, world):
        caplog.set_level(logging.DEBUG, logger="providers")
        own = simulation.DEMO_CREDENTIALS[provider][market]
        words = ("key", "secret", "password", "token", "pin")
        hidden = [getattr(own, name) for name in own.__dataclass_fields__ if any(word in name for word in words)]
        started = adapter.start_payment(world.request())
        sim.fault("get_session", "error")
        with pytest.raises(OutcomeUnknown) as unknown:
            adapter.fetch_payment(world.lookup(started))
        written = "".join(
            [caplog.text, repr(own), repr(started), repr(unknown.value), repr(vars(adapter)["_credentials"])]
        )
        assert "event=provider_call" in caplog.text
        assert [secret for secret in hidden if secret and secret in written] == []
        assert world.phone not in written
