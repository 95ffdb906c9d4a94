"""What these tests stand on."""

from collections.abc import Iterator

import pytest

from providers import simulation
from providers.simulation import Running
from tests.factories.wallets import forget, lead_to, simulators, wave

__all__ = ["simulators", "wave"]


@pytest.fixture
def own_wave(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A Wave whose book holds nothing but what one test does: its list is compared with our books."""
    with simulation.serve() as running:
        lead_to(running, monkeypatch)
        yield running
        forget()
