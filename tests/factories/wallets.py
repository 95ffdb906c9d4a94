"""Fixtures: the real simulators on a loopback port, and our gateways led to them. Import them into a `conftest.py`."""

from collections.abc import Iterator

import pytest

from billing.inbox import gateway as inbox_gateway
from billing.payments import gateway
from billing.payouts import gateway as payouts_gateway
from billing.reconciliation import gateway as reconciliation_gateway
from billing.refunds import gateway as refunds_gateway
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
    forget()


def lead_to(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    for one in (gateway, payouts_gateway, refunds_gateway, reconciliation_gateway):
        monkeypatch.setattr(one, "LIMITS", IMPATIENT)
    forget()


def forget() -> None:
    """Let every gateway look for its adapters again."""
    for one in (gateway, inbox_gateway, payouts_gateway, refunds_gateway, reconciliation_gateway):
        one.forget_adapters()
