"""What these tests stand on."""

from tests.factories.wallets import hasty, simulators, wave

__all__ = ["hasty", "simulators", "wave"]
