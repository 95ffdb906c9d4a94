"""The circuit breaker: silence opens it, answers of any kind do not."""

import pybreaker
import pytest

from providers import circuit
from providers.errors import CredentialsRefused, NotSent, OutcomeUnknown, RequestRefused, SlowDown


def failing(fault):
    def work():
        raise fault

    return work


def fail(fault, times: int = circuit.FAILURES_MAX, market: str = "SN") -> None:
    for _ in range(times):
        with pytest.raises(type(fault)):
            circuit.call("wave", market, failing(fault))


class TestCall:
    @pytest.mark.parametrize(
        "fault", [NotSent("no connection"), OutcomeUnknown("silence"), OutcomeUnknown("error", status=502)]
    )
    def test_holds_calls_back_after_silence_and_sends_nothing(self, fault):
        fail(fault)
        assert circuit.is_open("wave", "SN")
        with pytest.raises(NotSent) as held_back:
            circuit.call("wave", "SN", lambda: pytest.fail("sent"))
        assert held_back.value.code == "circuit_open"

    @pytest.mark.parametrize(
        "fault",
        [
            RequestRefused("no", code="request-validation-error", status=400),
            CredentialsRefused("who?", status=401),
            SlowDown("slower", status=429),
            OutcomeUnknown("it says so itself", code="INTERNAL_PROCESSING_ERROR", status=500),
        ],
    )
    def test_takes_whatever_the_provider_says_for_a_sign_of_life(self, fault):
        fail(fault, times=3 * circuit.FAILURES_MAX)
        assert not circuit.is_open("wave", "SN")

    def test_forgives_what_was_silent_now_and_then(self):
        for _ in range(3):
            fail(NotSent("no connection"), times=circuit.FAILURES_MAX - 1)
            assert circuit.call("wave", "SN", lambda: "there") == "there"
        assert not circuit.is_open("wave", "SN")

    def test_is_one_for_each_market(self):
        fail(NotSent("no connection"))
        assert circuit.call("wave", "CI", lambda: "there") == "there"

    def test_tries_again_after_a_rest(self, monkeypatch):
        fail(NotSent("no connection"))
        monkeypatch.setattr(circuit._breaker("wave", "SN"), "_reset_timeout", 0)
        assert circuit.call("wave", "SN", lambda: "there") == "there"
        assert str(circuit._breaker("wave", "SN").current_state) == pybreaker.STATE_CLOSED

    def test_is_not_shut_for_ever_when_nobody_calls_because_it_is_shut(self, monkeypatch):
        fail(NotSent("no connection"))
        assert circuit.is_open("wave", "SN")
        monkeypatch.setattr(circuit, "REST_SECONDS", 0.0)
        assert not circuit.is_open("wave", "SN")
