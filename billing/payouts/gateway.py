"""The only door from payouts to the providers. Turns every answer and every fault into a `TransferAnswer`.

Called with no database transaction open: a provider may take its whole deadline.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from billing.payouts.facts import Outcome, TransferAnswer
from providers import http, registry
from providers.amounts import Amount
from providers.contract import (
    Adapter,
    AmountRule,
    FailureReason,
    Idempotency,
    Lookup,
    PayoutRequest,
    PaysOut,
    Prepares,
    ReversesPayouts,
    TransferResult,
)
from providers.contract import Outcome as Told
from providers.credentials import MissingCredential
from providers.errors import OutcomeUnknown, ProviderFault, RequestRefused

log = logging.getLogger(__name__)

LIMITS = http.USUAL_LIMITS


class NoTicket(Exception):
    """The provider hands out tickets before it pays, and none could be had. Nothing was sent."""


class CannotReverse(Exception):
    """This provider calls no payout back, or no longer."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is asked of a provider, and how to ask about it. The same for every sending of one payout."""

    payout_ref: str
    provider: str
    market: str
    platform: str
    amount_minor: int
    currency: str
    payee_phone: str = field(repr=False)
    payee_name: str
    description: str
    provider_ref: str | None
    asked_at: datetime | None
    ticket: str = field(default="", repr=False)  # fetched before, where the provider hands out any

    def lookup(self) -> Lookup:
        amount = Amount(self.amount_minor, self.currency)
        return Lookup(self.payout_ref, self.provider_ref, self.platform, amount, self.asked_at)


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a provider can do about payouts, as far as preparing them goes."""

    pays_out: bool
    amounts: AmountRule
    currencies: frozenset[str]
    status_window: timedelta
    reversal_window: timedelta | None
    may_be_sent_again: bool


def wallet(provider: str, market: str) -> Wallet | None:
    """None: no adapter of ours, or not in that country."""
    if provider not in registry.names():
        return None
    if market not in registry.capabilities(provider).markets:
        return None
    known = registry.capabilities(provider, market)
    return Wallet(
        pays_out=known.pays_out,
        amounts=known.paying_out(market),
        currencies=known.markets[market],
        status_window=known.status_window,
        reversal_window=known.reversal_window,
        may_be_sent_again=(known.payout_idempotency or known.idempotency) in (Idempotency.KEY, Idempotency.REFERENCE),
    )


def platform(provider: str, market: str) -> str:
    """Where the provider takes new requests now; kept with each payout."""
    try:
        return _adapter(provider, market).platform
    except MissingCredential:
        return ""


def ticket(provider: str, market: str) -> str | None:
    """A ticket for the next payout, to be committed before it is sent; None where the provider has none.

    :raises NoTicket: it has, and does not answer now.
    """
    try:
        adapter = _adapter(provider, market)
        return adapter.prepare_payout() if isinstance(adapter, Prepares) else None
    except (ProviderFault, MissingCredential) as fault:
        raise NoTicket(f"{provider} in {market}: {type(fault).__name__}") from fault


def start(transfer: Transfer) -> TransferAnswer:
    """Send the money. Safe to repeat with the same transfer where the provider does one reference once."""
    request = PayoutRequest(
        reference=transfer.payout_ref,
        amount=Amount(transfer.amount_minor, transfer.currency),
        payee_phone=transfer.payee_phone,
        payee_name=transfer.payee_name,
        description=transfer.description,
        ticket=transfer.ticket,
        asked_at=transfer.asked_at,
        platform=transfer.platform,
        notify_url=f"{settings.BASE_URL}/webhooks/{transfer.provider}/{transfer.market}",
    )
    try:
        return _answer(_paying(transfer).start_payout(request))
    except RequestRefused as fault:
        return _silence(Outcome.REFUSED, fault, failure_reason=FailureReason.REQUEST_INVALID)
    except OutcomeUnknown as fault:
        return _silence(Outcome.UNKNOWN, fault)
    except ProviderFault as fault:
        return _silence(Outcome.UNSENT if fault.nothing_happened else Outcome.UNKNOWN, fault)
    except MissingCredential as missing:
        return _misconfigured(Outcome.UNSENT, missing)


def fetch(transfer: Transfer) -> TransferAnswer:
    """What the provider says of the payout now."""
    return _ask(lambda: _paying(transfer).fetch_payout(transfer.lookup()))


def reverse(transfer: Transfer) -> TransferAnswer:
    """Call a payout back.

    :raises CannotReverse: this provider does not.
    """
    adapter = _adapter(transfer.provider, transfer.market)
    if not isinstance(adapter, ReversesPayouts):
        raise CannotReverse(f"{transfer.provider} calls no payout back")
    return _ask(lambda: adapter.reverse_payout(transfer.lookup()))


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ, limits=LIMITS)


def _paying(transfer: Transfer) -> PaysOut:
    adapter = _adapter(transfer.provider, transfer.market)
    if not isinstance(adapter, PaysOut):
        raise TypeError(f"{transfer.provider} pays nothing out")  # it was approved: a bug
    return adapter


def _ask(question: Callable[[], TransferResult]) -> TransferAnswer:
    try:
        return _answer(question())
    except ProviderFault as fault:
        return _silence(Outcome.UNKNOWN, fault)
    except MissingCredential as missing:
        return _misconfigured(Outcome.UNKNOWN, missing)


def _misconfigured(outcome: Outcome, missing: MissingCredential) -> TransferAnswer:
    log.error("provider not configured: %s", missing)
    return TransferAnswer(outcome, raw={"fault": "MissingCredential"})


def _silence(outcome: Outcome, fault: ProviderFault, failure_reason: str | None = None) -> TransferAnswer:
    log.warning("provider fault: %s %s code=%s status=%s", outcome, type(fault).__name__, fault.code, fault.status)
    return TransferAnswer(
        outcome=outcome,
        failure_reason=failure_reason,
        failure_code=fault.code,
        raw={"fault": type(fault).__name__, "code": fault.code, "status": fault.status},
    )


def _answer(result: TransferResult) -> TransferAnswer:
    outcome = Outcome.FAILED if result.outcome is Told.EXPIRED else Outcome(result.outcome.value)
    return TransferAnswer(
        outcome=outcome,
        provider_ref=result.provider_ref,
        transaction_ref=result.transaction_ref,
        amount_minor=result.amount.minor if result.amount else None,
        currency=result.amount.currency if result.amount else None,
        fee_minor=result.fee.minor if result.fee else None,
        client_reference=result.client_reference,
        failure_reason=result.failure.value if result.failure else None,
        failure_code=result.failure_code,
        raw=dict(result.raw),
    )
