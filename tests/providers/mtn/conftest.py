"""MTN in Côte d'Ivoire, on the simulator."""

from collections.abc import Callable

import pytest

from providers import http, registry, simulation
from providers.amounts import Amount
from providers.contract import PaymentRequest, PayoutRequest
from providers.mtn.adapter import MtnAdapter

PHONE = "+2250701020111"  # waits for what we say


def request(reference: str = "pay_01", *, currency: str = "XOF", notify_url: str = "") -> PaymentRequest:
    return PaymentRequest(reference, Amount(1500, currency), PHONE, "Un livre", "", "", notify_url)


def payout(reference: str = "out_01", *, minor: int = 700, phone: str = PHONE) -> PayoutRequest:
    return PayoutRequest(reference, Amount(minor, "XOF"), phone, "Awa Demo", "Redevances")


@pytest.fixture
def made(sim) -> Callable[..., MtnAdapter]:
    """An adapter with some of its variables changed."""

    def make(*, limits: http.Limits = http.USUAL_LIMITS, to: simulation.Running = sim, **changes: str) -> MtnAdapter:
        changed = {f"PROVIDER_MTN_CI_{name.upper()}": value for name, value in changes.items()}
        adapter = registry.adapter("mtn", "CI", environment={**to.environment, **changed}, limits=limits)
        assert isinstance(adapter, MtnAdapter)
        return adapter

    return make


@pytest.fixture
def mtn(made) -> MtnAdapter:
    return made()
