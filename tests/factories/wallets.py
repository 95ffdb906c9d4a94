"""Fixtures: the real simulators on a loopback port, and our gateways led to them. Import them into a `conftest.py`."""

from collections.abc import Iterator

import pytest

from billing.inbox import gateway as inbox_gateway
from billing.payments import gateway
from providers import http, simulation
from providers.simulation import Running

# Tests of silent providers must not wait as long as payers do.
IMPATIENT = http.Limits(connect_seconds=1, read_seconds=1, total_seconds=1.5)


@pytest.fixture(scope="session")
def simulators() -> Iterator[Running]:
    with simulation.serve() as running:
        yield running


@pytest.fixture
def wave(simulators: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Wave in Senegal and Ivory Coast, without faults left over."""
    simulators.clear_faults()
    lead_to(simulators, monkeypatch)
    yield simulators
    simulators.clear_faults()
    gateway.forget_adapters()
    inbox_gateway.forget_adapters()


def lead_to(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(gateway, "LIMITS", IMPATIENT)
    gateway.forget_adapters()
    inbox_gateway.forget_adapters()
