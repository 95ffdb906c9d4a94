"""What these tests stand on: the reference values, before anybody subscribes."""

import pytest

from tests.factories.subscriptions import days, subscription_world
from tests.factories.wallets import simulators, wave

__all__ = ["simulators", "wave"]


@pytest.fixture
def world() -> None:
    subscription_world(at=days("2026-01-01", 0))
