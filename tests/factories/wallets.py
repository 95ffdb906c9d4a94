"""Fixtures: the real simulators on a loopback port, and our gateways led to them. Import them into a `conftest.py`."""

from collections.abc import Iterator

import pytest

from billing.inbox import gateway as inbox_gateway
from billing.payments import gateway
from billing.payouts import gateway as payouts_gateway
from billing.reconciliation import gateway as reconciliation_gateway
from billing.refunds import gateway as refunds_gateway
from billing.subscriptions import gateway as subscriptions_gateway
from providers import http, simulation
from providers.simulation import Running

# A machine that is busy answers late: only examples of silence (`hasty`) may call that a lost answer.
PATIENT = http.Limits(connect_seconds=10, read_seconds=10, total_seconds=20)
HASTY = http.Limits(connect_seconds=1, read_seconds=1, total_seconds=1.5)
_GATEWAYS = (gateway, payouts_gateway, refunds_gateway, reconciliation_gateway, subscriptions_gateway)


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
    wait(PATIENT, monkeypatch)


@pytest.fixture
def hasty(wave: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is soon taken for a lost answer."""
    wait(HASTY, monkeypatch)


def wait(limits: http.Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in _GATEWAYS:
        monkeypatch.setattr(one, "LIMITS", limits)
    forget()


def forget() -> None:
    """Let every gateway look for its adapters again."""
    for one in (*_GATEWAYS, inbox_gateway):
        one.forget_adapters()
