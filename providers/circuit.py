"""A circuit breaker for each wallet: a provider that does not answer is left alone for a while, and we know it at once.

Only silence and breakdowns count against it. Whatever the provider said about one request (refused, slow down, wrong
credentials) says that it is there. Kept by pybreaker, in the memory of each process: each finds out for itself.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import pybreaker

from providers.errors import NotSent, OutcomeUnknown, ProviderFault

T = TypeVar("T")

FAILURES_MAX = 5  # in a row
REST_SECONDS = 30.0
_BREAKDOWN_STATUS = 500


_openings: defaultdict[str | None, float] = defaultdict(float)  # breaker → when it opened last


class _Watch(pybreaker.CircuitBreakerListener):
    """Notes when a breaker opens."""

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        if new_state.name == pybreaker.STATE_OPEN:
            _openings[cb.name] = time.monotonic()


class _Breakdown(Exception):
    """Carries a fault that counts past the breaker."""

    def __init__(self, fault: ProviderFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def call(provider: str, market: str, work: Callable[[], T]) -> T:
    """Do the work unless the circuit is open.

    :raises NotSent: it is open (`code` is `circuit_open`); nothing was sent.
    """
    try:
        answer: T = _breaker(provider, market).call(_counting, work)
        return answer
    except _Breakdown as breakdown:
        raise breakdown.fault from None
    except pybreaker.CircuitBreakerError:
        raise NotSent("the provider did not answer lately", code="circuit_open") from None


def is_open(provider: str, market: str) -> bool:
    """Whether calls are held back now. Once it has rested it is open no more, though the next call is still a trial.

    The breaker itself says «open» until somebody calls; who asks here before calling would wait for ever.
    """
    breaker = _breaker(provider, market)
    rested = time.monotonic() - _openings[breaker.name] >= REST_SECONDS
    return str(breaker.current_state) == pybreaker.STATE_OPEN and not rested


def reset() -> None:
    """Forget all of it."""
    _breaker.cache_clear()


def _counting(work: Callable[[], T]) -> T:
    try:
        return work()
    except ProviderFault as fault:
        if _is_breakdown(fault):
            raise _Breakdown(fault) from None
        raise


def _is_breakdown(fault: ProviderFault) -> bool:
    if isinstance(fault, NotSent):
        return True
    silent = fault.status is None or fault.status >= _BREAKDOWN_STATUS
    return isinstance(fault, OutcomeUnknown) and silent and not fault.code


@cache
def _breaker(provider: str, market: str) -> pybreaker.CircuitBreaker:
    return pybreaker.CircuitBreaker(
        fail_max=FAILURES_MAX,
        reset_timeout=REST_SECONDS,
        exclude=[ProviderFault],
        name=f"{provider}:{market}",
        # The failure that opens it must be told as what it is: an unknown outcome, never "nothing was sent".
        throw_new_error_on_trip=False,
        listeners=[_Watch()],
    )
