"""The only door from reconciliation to the providers: their own account of a wallet, and what may be kept of it.

Called with no database transaction open: a provider may take its whole deadline, page by page.
"""

import os
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from billing.reconciliation.facts import Kind, StatementRow
from providers import http, masking, registry
from providers.contract import Adapter, ListsMovements, StatementLine
from providers.credentials import MissingCredential
from providers.errors import ProviderFault

LIMITS = http.USUAL_LIMITS
PAGES_MAX = 20_000  # of one day: a provider that never says "last page" must not keep us for ever


class CannotPull(Exception):
    """The provider tells no movements, is not configured here, or gave no usable answer. Nothing was imported."""


def names() -> frozenset[str]:
    """The providers we can talk to."""
    return frozenset(registry.names())


def markets_that_list() -> tuple[tuple[str, str], ...]:
    """(provider, market) of every wallet configured here whose provider lists its movements."""
    found = []
    for provider in registry.names():
        for market in sorted(registry.capabilities(provider).markets):
            try:
                if isinstance(_adapter(provider, market), ListsMovements):
                    found.append((provider, market))
            except MissingCredential:
                continue
    return tuple(found)


def movements(*, provider: str, market: str, day: date) -> Iterator[StatementRow]:
    """Every line of one UTC day, oldest first, a page in memory at a time.

    :raises CannotPull: no list to be had; what came before is not the whole day.
    """
    try:
        adapter = _adapter(provider, market)
        if not isinstance(adapter, ListsMovements):
            raise CannotPull(f"{provider} lists no movements: import its file")
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            page = adapter.list_movements(day, cursor)
            yield from map(_row, page.lines)
            cursor = page.next_cursor
            if cursor is None:
                return
    except (registry.NoSuchProvider, registry.NotInThatMarket, MissingCredential) as missing:
        raise CannotPull(str(missing)) from None
    except ProviderFault as fault:
        raise CannotPull(f"{provider} in {market}: {type(fault).__name__}: {fault}") from fault
    raise CannotPull(f"{provider} in {market}: more than {PAGES_MAX} pages for {day}")


def masked_text(text: str) -> str:
    """Free text of a provider, safe to keep."""
    return masking.masked_text(text)


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ, limits=LIMITS)


def _row(line: StatementLine) -> StatementRow:
    raw: dict[str, Any] = dict(line.raw)
    return StatementRow(
        line_ref=line.line_ref,
        kind=Kind(line.kind.value),
        net_minor=line.net_minor,
        fee_minor=line.fee_minor,
        currency=line.currency,
        happened_at=line.happened_at,
        our_ref=line.client_reference,
        provider_ref=line.provider_ref,
        transaction_ref=line.transaction_ref,
        phone=line.counterparty_phone,
        balance_minor=line.balance_minor,
        is_reversal=line.is_reversal,
        raw=raw,
    )
