"""The suite for every provider, once for each of Moov's platforms; the suite itself takes only one market."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from providers import credentials, registry, simulation
from providers.contract import Adapter
from providers.moov import simulator
from tests.providers.test_conformance import (  # noqa: F401  collected here
    LONG,
    SHORT,
    TestCancelPayment,
    TestCapabilities,
    TestFetchPayment,
    TestPayOut,
    TestSecrets,
    TestStartPayment,
    TestWallet,
    World,
    world_of,
)

WALLETS = {f"{wallet.market}-{wallet.variant}": wallet for wallet in simulator.demo_wallets()}
USUAL = "BF-m3"  # taken by the suite itself


class RunningWith(simulation.Running):
    """The same server, and an environment that leads to one wallet of it."""

    wallet = WALLETS[USUAL]

    @property
    def environment(self) -> dict[str, str]:
        own = simulator.credentials_of(self.wallet)
        variables = credentials.written(own, provider="moov", market=self.wallet.market)
        return simulation.demo_environment(self.base_url) | variables


@dataclass(frozen=True, slots=True)
class WorldThere(World):
    variant: str = ""

    @property
    def platform(self) -> str:
        return self.variant


@pytest.fixture(params=sorted(set(WALLETS) - {USUAL}))
def wallet(request):
    return WALLETS[request.param]


@pytest.fixture
def provider() -> str:
    return "moov"


@pytest.fixture
def market(wallet) -> str:
    return wallet.market


@pytest.fixture
def sim(wallet) -> Iterator[simulation.Running]:
    with simulation.serve() as running:
        there = RunningWith(running.base_url)
        object.__setattr__(there, "wallet", wallet)
        yield there


@pytest.fixture
def world(provider, market, wallet) -> World:
    plain = world_of(provider, market)
    return WorldThere(provider, market, plain.currency, plain.phone, variant=wallet.variant)


@pytest.fixture
def adapter(provider, market, sim) -> Adapter:
    return registry.adapter(provider, market, environment=sim.environment, limits=LONG)


@pytest.fixture
def hasty(provider, market, sim) -> Adapter:
    return registry.adapter(provider, market, environment=sim.environment, limits=SHORT)
