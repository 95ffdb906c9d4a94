"""What these tests stand on."""

from tests.factories.wallets import simulators, wave

__all__ = ["simulators", "wave"]
