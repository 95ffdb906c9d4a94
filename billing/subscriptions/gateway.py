"""The only door from subscriptions to the providers: leave to debit in advance. Debits themselves are payments.

Called with no database transaction open: a provider may take its whole deadline.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from providers import http, registry
from providers.contract import Adapter, Lookup, MandateRequest, MandateResult, TakesMandates
from providers.credentials import MissingCredential
from providers.errors import ProviderFault, RequestRefused

log = logging.getLogger(__name__)

LIMITS = http.USUAL_LIMITS


@dataclass(frozen=True, slots=True)
class Leave:
    """What is asked of a payer. The same for every sending of one mandate."""

    mandate_ref: str
    provider: str
    market: str
    currency: str
    payer_phone: str = field(repr=False)
    description: str
    valid_for: timedelta
    platform: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """`state`: pending, approved, rejected, expired, cancelled, not_found; or `unknown`: no usable answer."""

    state: str
    expires_at: datetime | None = None


def takes_mandates(provider: str, market: str) -> bool:
    """Whether payers of that wallet can allow debits in advance."""
    try:
        return isinstance(_adapter(provider, market), TakesMandates)
    except MissingCredential:
        return False


def platform(provider: str, market: str) -> str:
    """Where the provider takes new requests now; kept with each mandate."""
    try:
        return _adapter(provider, market).platform
    except MissingCredential:
        return ""


def start(leave: Leave) -> Answer:
    """Ask the payer. Safe to repeat with the same leave."""
    request = MandateRequest(
        reference=leave.mandate_ref,
        payer_phone=leave.payer_phone,
        currency=leave.currency,
        description=leave.description,
        valid_for=leave.valid_for,
        notify_url=f"{settings.BASE_URL}/webhooks/{leave.provider}/{leave.market}",
        platform=leave.platform,
    )
    return _asked(leave, lambda adapter: adapter.start_mandate(request))


def fetch(leave: Leave) -> Answer:
    """What became of it."""
    return _asked(leave, lambda adapter: adapter.fetch_mandate(_lookup(leave)))


def cancel(leave: Leave) -> Answer:
    """End it at the provider, where it can be ended."""
    return _asked(leave, lambda adapter: adapter.cancel_mandate(_lookup(leave), payer_phone=leave.payer_phone))


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ, limits=LIMITS)


def _lookup(leave: Leave) -> Lookup:
    return Lookup(reference=leave.mandate_ref, platform=leave.platform, asked_at=leave.asked_at)


def _asked(leave: Leave, question: Callable[[TakesMandates], MandateResult]) -> Answer:
    try:
        adapter = _adapter(leave.provider, leave.market)
        if not isinstance(adapter, TakesMandates):
            return Answer("rejected")
        result = question(adapter)
    except RequestRefused as fault:
        log.warning("mandate %s refused: code=%s", leave.mandate_ref, fault.code)
        return Answer("rejected")
    except (ProviderFault, MissingCredential) as fault:
        log.warning("mandate %s: %s", leave.mandate_ref, type(fault).__name__)
        return Answer("unknown")
    return Answer(result.state.value, result.expires_at)
