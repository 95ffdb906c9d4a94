"""The providers there are, and how to get one of them for one market. A new provider is one import and one entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers import credentials, http
from providers.contract import Adapter, Capabilities
from providers.moov import building as moov
from providers.mtn import adapter as mtn
from providers.orange.core import adapter as orange_core
from providers.orange.sonatel import adapter as orange_sonatel
from providers.orange.web import adapter as orange
from providers.wave import adapter as wave


class NoSuchProvider(Exception):
    """No adapter has that name."""


class NotInThatMarket(Exception):
    """The provider does not work in that country."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the registry must know of an adapter."""

    build: Callable[..., Adapter]  # (credentials, base_url, *, market, limits)
    credentials: type[Any]
    capabilities: Capabilities
    base_url: str  # empty: each market has an address of its own, which the adapter knows


ENTRIES: Mapping[str, Entry] = {
    "moov": Entry(moov.build, moov.Credentials, moov.CAPABILITIES, moov.BASE_URL),
    "mtn": Entry(mtn.MtnAdapter, mtn.Credentials, mtn.CAPABILITIES, mtn.BASE_URL),
    "orange": Entry(orange.WebPaymentAdapter, orange.Credentials, orange.CAPABILITIES, orange.BASE_URL),
    "orange_core": Entry(
        orange_core.CoreAdapter, orange_core.Credentials, orange_core.CAPABILITIES, orange_core.BASE_URL
    ),
    "orange_sonatel": Entry(
        orange_sonatel.SonatelAdapter, orange_sonatel.Credentials, orange_sonatel.CAPABILITIES, orange_sonatel.BASE_URL
    ),
    "wave": Entry(wave.WaveAdapter, wave.Credentials, wave.CAPABILITIES, wave.BASE_URL),
}


def names() -> tuple[str, ...]:
    """Every provider, in alphabetical order."""
    return tuple(sorted(ENTRIES))


def capabilities(provider: str, market: str = "") -> Capabilities:
    """What the provider can do, in general or in one market.

    :raises NoSuchProvider: no adapter has that name.
    """
    return _entry(provider).capabilities.within(market)


def adapter(
    provider: str, market: str, *, environment: Mapping[str, str], limits: http.Limits = http.USUAL_LIMITS
) -> Adapter:
    """The provider's adapter for one market, with its credentials from the environment given.

    :raises NoSuchProvider: no adapter has that name.
    :raises NotInThatMarket: the provider does not work in that country.
    :raises providers.credentials.MissingCredential: a variable is not set; the message names it.
    """
    entry = _entry(provider)
    if market not in entry.capabilities.markets:
        raise NotInThatMarket(f"{provider} does not work in {market}")
    own = credentials.read(entry.credentials, provider=provider, market=market, environment=environment)
    base_url = credentials.value_of(f"PROVIDER_{provider.upper()}_BASE_URL", environment) or entry.base_url
    return entry.build(own, base_url, market=market, limits=limits)


def _entry(provider: str) -> Entry:
    try:
        return ENTRIES[provider]
    except KeyError:
        raise NoSuchProvider(f"no provider is called {provider!r}") from None
