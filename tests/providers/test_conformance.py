"""What every provider's adapter promises billing, tried against that provider's simulator over real HTTP."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers import http, registry, simulation
from providers.amounts import Amount
from providers.contract import Adapter, NextActionKind, Outcome, PaymentLookup, PaymentRequest, PaymentResult, Refunds
from providers.errors import (
    CredentialsRefused,
    NotificationRefused,
    NotSent,
    OutcomeUnknown,
    SlowDown,
    UnreadableAnswer,
)

SHORT = http.Limits(connect_seconds=0.5, read_seconds=0.5, total_seconds=1)
PHONE = "+221771234567"

pytestmark = pytest.mark.parametrize("provider", registry.names())


@pytest.fixture
def market(provider: str) -> str:
    return min(simulation.DEMO_CREDENTIALS[provider])


@pytest.fixture
def adapter(provider: str, market: str, sim: simulation.Running) -> Adapter:
    return registry.adapter(provider, market, environment=sim.environment, limits=SHORT)


def request(reference: str = "pay_01", minor: int = 1500) -> PaymentRequest:
    return PaymentRequest(
        reference=reference,
        amount=Amount(minor, "XOF"),
        payer_phone=PHONE,
        description="Un livre",
        success_url="https://coko.example/ok",
        error_url="https://coko.example/ko",
    )


def lookup(started: PaymentResult) -> PaymentLookup:
    return PaymentLookup(reference="pay_01", provider_ref=started.provider_ref)


class TestStartPayment:
    def test_asks_for_the_amount_and_says_what_the_payer_does_next(self, adapter):
        started = adapter.start_payment(request())
        assert started.outcome is Outcome.PENDING
        assert started.amount == Amount(1500, "XOF")
        assert started.client_reference == "pay_01"
        assert started.next_action.kind in adapter.capabilities.next_actions
        assert started.next_action.kind is not NextActionKind.NONE

    def test_finds_the_first_when_asked_again(self, adapter, sim):
        first, second = adapter.start_payment(request()), adapter.start_payment(request())
        assert first.provider_ref == second.provider_ref
        sim.approve(first.provider_ref)
        assert adapter.start_payment(request()).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_makes_another_for_another_reference(self, adapter):
        assert (
            adapter.start_payment(request("pay_01")).provider_ref
            != adapter.start_payment(request("pay_02")).provider_ref
        )

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 500, "work_done": True},
            {"kind": "error", "status": 503, "work_done": False},
            {"kind": "hang", "seconds": 2, "work_done": True},
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
    def test_never_calls_a_lost_answer_a_failure_and_never_asks_twice(self, adapter, sim, fault):
        sim.fault("create_session", **fault)
        with pytest.raises(OutcomeUnknown):
            adapter.start_payment(request())
        started = adapter.start_payment(request())  # the resume, with the same reference
        sim.approve(started.provider_ref)
        assert adapter.fetch_payment(PaymentLookup("pay_01")).outcome is Outcome.SUCCEEDED
        assert len(sim.movements()) == 1

    def test_knows_that_nothing_happened_when_nobody_was_there(self, provider, market):
        environment = simulation.demo_environment("http://127.0.0.1:1")
        with pytest.raises(NotSent):
            registry.adapter(provider, market, environment=environment, limits=SHORT).start_payment(request())

    def test_passes_on_the_wish_to_slow_down(self, adapter, sim):
        sim.fault("*", "slow_down", seconds=7)
        with pytest.raises(SlowDown) as slow:
            adapter.start_payment(request())
        assert slow.value.retry_after_seconds == 7

    def test_tells_refused_credentials_apart(self, provider, market, sim):
        environment = {
            name: "somebody-elses" if name.endswith("API_KEY") else value for name, value in sim.environment.items()
        }
        with pytest.raises(CredentialsRefused):
            registry.adapter(provider, market, environment=environment, limits=SHORT).start_payment(request())


class TestFetchPayment:
    def test_reads_what_the_payer_did(self, adapter, sim):
        started = adapter.start_payment(request())
        sim.approve(started.provider_ref)
        paid = adapter.fetch_payment(lookup(started))
        assert paid.outcome is Outcome.SUCCEEDED
        assert paid.amount == Amount(1500, "XOF")
        assert paid.transaction_ref
        assert paid.completed_at

    def test_finds_by_our_reference_alone(self, adapter):
        started = adapter.start_payment(request())
        assert adapter.fetch_payment(PaymentLookup("pay_01")).provider_ref == started.provider_ref

    def test_reads_a_refusal_as_failed_with_a_reason(self, adapter, sim):
        started = adapter.start_payment(request())
        sim.refuse(started.provider_ref)
        refused = adapter.fetch_payment(lookup(started))
        assert refused.outcome is Outcome.FAILED
        assert refused.failure is not None

    def test_reads_expiry_and_a_late_success_after_it(self, adapter, sim):
        started = adapter.start_payment(request())
        sim.advance(int(adapter.capabilities.session_life.total_seconds()))
        assert adapter.fetch_payment(lookup(started)).outcome is Outcome.EXPIRED
        sim.approve(started.provider_ref, late=True)
        assert adapter.fetch_payment(lookup(started)).outcome is Outcome.SUCCEEDED

    def test_says_when_it_was_never_heard_of(self, adapter):
        assert adapter.fetch_payment(PaymentLookup("pay_404")).outcome is Outcome.NOT_FOUND

    def test_waits_when_the_status_is_unknown_and_says_so_in_the_log(self, adapter, sim, caplog):
        started = adapter.start_payment(request())
        sim.approve(started.provider_ref)
        sim.fault("get_session", "unknown_status")
        assert adapter.fetch_payment(lookup(started)).outcome is Outcome.PENDING
        assert "event=unknown_status" in caplog.text

    def test_passes_on_another_amount_for_billing_to_see(self, adapter, sim):
        started = adapter.start_payment(request())
        sim.approve(started.provider_ref)
        sim.fault("get_session", "wrong_amount", amount="900")
        assert adapter.fetch_payment(lookup(started)).amount == Amount(900, "XOF")

    @pytest.mark.parametrize("amount", ["1e3", "1500.5", "-", ""])
    def test_calls_an_amount_that_is_none_unreadable(self, adapter, sim, amount):
        started = adapter.start_payment(request())
        sim.fault("get_session", "wrong_amount", amount=amount)
        with pytest.raises(UnreadableAnswer):
            adapter.fetch_payment(lookup(started))

    def test_does_not_take_a_time_out_for_a_failure(self, adapter, sim):
        started = adapter.start_payment(request())
        sim.fault("get_session", "hang", seconds=2)
        with pytest.raises(OutcomeUnknown):
            adapter.fetch_payment(lookup(started))

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(minor=st.integers(1, 10**9))
    def test_gives_back_every_amount_unchanged(self, adapter, minor):
        reference = f"pay_{minor}"
        adapter.start_payment(request(reference, minor))
        assert adapter.fetch_payment(PaymentLookup(reference)).amount == Amount(minor, "XOF")

    def test_masks_the_phone_in_the_record(self, adapter):
        assert PHONE not in str(adapter.start_payment(request()).raw)


class TestCancelPayment:
    def test_closes_what_is_open(self, adapter, sim):
        started = adapter.start_payment(request())
        assert adapter.cancel_payment(lookup(started)).outcome is Outcome.EXPIRED
        assert sim.movements() == []

    def test_tells_when_the_payer_was_faster(self, adapter, sim):
        started = adapter.start_payment(request())
        sim.approve(started.provider_ref)
        assert adapter.cancel_payment(lookup(started)).outcome is Outcome.SUCCEEDED

    def test_may_be_repeated(self, adapter):
        started = adapter.start_payment(request())
        assert adapter.cancel_payment(lookup(started)) == adapter.cancel_payment(lookup(started))

    def test_says_when_it_was_never_heard_of(self, adapter):
        assert adapter.cancel_payment(PaymentLookup("pay_404")).outcome is Outcome.NOT_FOUND


class TestRefundPayment:
    def test_gives_back_once_however_often_it_is_asked(self, adapter, sim):
        if not isinstance(adapter, Refunds):
            pytest.skip("gives nothing back")
        started = adapter.start_payment(request())
        sim.approve(started.provider_ref)
        sim.fault("refund_session", "drop", work_done=True)
        with pytest.raises(OutcomeUnknown):
            adapter.refund_payment(lookup(started))
        assert adapter.refund_payment(lookup(started)).outcome is Outcome.SUCCEEDED
        assert [movement["amount"] for movement in sim.movements()] == ["1500", "-1500"]

    def test_gives_back_nothing_that_was_not_paid(self, adapter, sim):
        if not isinstance(adapter, Refunds):
            pytest.skip("gives nothing back")
        started = adapter.start_payment(request())
        assert adapter.refund_payment(lookup(started)).outcome is Outcome.FAILED
        assert adapter.refund_payment(PaymentLookup("pay_404")).outcome is Outcome.NOT_FOUND
        assert sim.movements() == []


class TestReadNotification:
    @pytest.fixture
    def sim(self, shop) -> Iterator[simulation.Running]:
        with simulation.serve(webhooks_to=shop.url, retry_seconds=0.05) as running:
            yield running

    def test_understands_what_the_simulator_sends_twice_alike(self, adapter, provider, market, sim, shop):
        sim.fault("webhook", "duplicate", copies=1)
        started = adapter.start_payment(request())
        sim.approve(started.provider_ref)
        (path, headers, body), (_, other_headers, other_body) = shop.wait_for(2)
        assert path == f"/webhooks/{provider}/{market}/"
        first = adapter.read_notification(headers, body, datetime.now(UTC))
        assert first == adapter.read_notification(other_headers, other_body, datetime.now(UTC))
        assert (first.provider_ref, first.client_reference) == (started.provider_ref, "pay_01")
        # A hint, nothing more: reading again after each gives the same answer and moves nothing.
        assert adapter.fetch_payment(lookup(started)) == adapter.fetch_payment(lookup(started))
        assert len(sim.movements()) == 1

    def test_refuses_a_forged_one(self, adapter, sim, shop):
        sim.fault("webhook", "forged")
        sim.approve(adapter.start_payment(request()).provider_ref)
        ((_, headers, body),) = shop.wait_for(1)
        with pytest.raises(NotificationRefused):
            adapter.read_notification(headers, body, datetime.now(UTC))

    def test_refuses_another_markets(self, adapter, provider, market, sim, shop):
        other = max(simulation.DEMO_CREDENTIALS[provider])
        assert other != market
        theirs = registry.adapter(provider, other, environment=sim.environment)
        sim.approve(theirs.start_payment(request()).provider_ref)
        ((_, headers, body),) = shop.wait_for(1)
        assert theirs.read_notification(headers, body, datetime.now(UTC))
        with pytest.raises(NotificationRefused):
            adapter.read_notification(headers, body, datetime.now(UTC))

    def test_refuses_one_without_any_proof(self, adapter):
        with pytest.raises(NotificationRefused):
            adapter.read_notification({}, b'{"id":"EV_1","type":"x","data":{}}', datetime.now(UTC))


class TestSecrets:
    def test_are_never_printed_or_logged(self, provider, market, adapter, sim, caplog):
        caplog.set_level(logging.DEBUG, logger="providers")
        own = simulation.DEMO_CREDENTIALS[provider][market]
        hidden = [getattr(own, name) for name in own.__dataclass_fields__ if "key" in name or "secret" in name]
        started = adapter.start_payment(request())
        sim.fault("get_session", "error")
        with pytest.raises(OutcomeUnknown) as unknown:
            adapter.fetch_payment(lookup(started))
        written = "".join(
            [caplog.text, repr(own), repr(started), repr(unknown.value), repr(vars(adapter)["_credentials"])]
        )
        assert "event=provider_call" in caplog.text
        assert [secret for secret in hidden if secret and secret in written] == []
        assert PHONE not in written
