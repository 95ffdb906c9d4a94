"""The only door from payments to the providers. Turns every answer and every fault into a `ProviderAnswer`.

Called with no database transaction open: a provider may take its whole deadline.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from billing.payments.facts import NextActionFact, Outcome, ProviderAnswer
from providers import http, registry
from providers.amounts import Amount
from providers.contract import Adapter, Capabilities, FailureReason, PaymentLookup, PaymentRequest, PaymentResult
from providers.credentials import MissingCredential
from providers.errors import OutcomeUnknown, ProviderFault, RequestRefused

log = logging.getLogger(__name__)

LIMITS = http.USUAL_LIMITS


@dataclass(frozen=True, slots=True)
class Collection:
    """What is asked of a provider. The same for every sending of one attempt."""

    payment_ref: str
    provider: str
    market: str
    amount_minor: int
    currency: str
    payer_phone: str | None
    description: str
    return_url: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a provider can do, as far as choosing and limits go."""

    label: str
    markets: frozenset[str]
    next_action_kind: str
    status_window: timedelta
    minor_min: int
    minor_max: int | None


def names() -> frozenset[str]:
    """The providers we can talk to."""
    return frozenset(registry.names())


def wallet(provider: str) -> Wallet:
    known: Capabilities = registry.capabilities(provider)
    return Wallet(
        label=known.label,
        markets=known.markets,
        next_action_kind=min(known.next_actions, default="none"),
        status_window=known.status_window,
        minor_min=known.minor_min,
        minor_max=known.minor_max,
    )


def start(collection: Collection) -> ProviderAnswer:
    """Ask for the money. Safe to repeat with the same collection."""
    request = PaymentRequest(
        reference=collection.payment_ref,
        amount=Amount(collection.amount_minor, collection.currency),
        payer_phone=collection.payer_phone,
        description=collection.description,
        success_url=collection.return_url,
        error_url=collection.return_url,
    )
    try:
        return _answer(_adapter(collection.provider, collection.market).start_payment(request))
    except RequestRefused as fault:
        return _silence(Outcome.REFUSED, fault, failure_reason=FailureReason.REQUEST_INVALID)
    except OutcomeUnknown as fault:
        return _silence(Outcome.UNKNOWN, fault)
    except ProviderFault as fault:
        return _silence(Outcome.UNSENT if fault.nothing_happened else Outcome.UNKNOWN, fault)
    except MissingCredential as missing:
        return _misconfigured(Outcome.UNSENT, missing)


def fetch(*, provider: str, market: str, payment_ref: str, provider_ref: str | None) -> ProviderAnswer:
    """What the provider says of the attempt now."""
    lookup = PaymentLookup(payment_ref, provider_ref)
    return _ask(lambda: _adapter(provider, market).fetch_payment(lookup))


def cancel(*, provider: str, market: str, payment_ref: str, provider_ref: str | None) -> ProviderAnswer:
    """Close the attempt if it is still open; the answer says what it became."""
    lookup = PaymentLookup(payment_ref, provider_ref)
    return _ask(lambda: _adapter(provider, market).cancel_payment(lookup))


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ, limits=LIMITS)


def _ask(question: Callable[[], PaymentResult]) -> ProviderAnswer:
    try:
        return _answer(question())
    except ProviderFault as fault:
        # Whatever kept the question from being answered, it says nothing about the payment.
        return _silence(Outcome.UNKNOWN, fault)
    except MissingCredential as missing:
        return _misconfigured(Outcome.UNKNOWN, missing)


def _misconfigured(outcome: Outcome, missing: MissingCredential) -> ProviderAnswer:
    # An operator's mistake must not lose a payment: it waits until the variable is set.
    log.error("provider not configured: %s", missing)
    return ProviderAnswer(outcome, raw={"fault": "MissingCredential"})


def _silence(outcome: Outcome, fault: ProviderFault, failure_reason: str | None = None) -> ProviderAnswer:
    log.warning("provider fault: %s %s code=%s status=%s", outcome, type(fault).__name__, fault.code, fault.status)
    return ProviderAnswer(
        outcome=outcome,
        failure_reason=failure_reason,
        failure_code=fault.code,
        raw={"fault": type(fault).__name__, "code": fault.code, "status": fault.status},
    )


def _answer(result: PaymentResult) -> ProviderAnswer:
    action = result.next_action
    return ProviderAnswer(
        outcome=Outcome(result.outcome.value),
        provider_ref=result.provider_ref,
        transaction_ref=result.transaction_ref,
        amount_minor=result.amount.minor if result.amount else None,
        currency=result.amount.currency if result.amount else None,
        client_reference=result.client_reference,
        next_action=NextActionFact(action.kind.value, action.url, action.instructions, action.expires_at),
        failure_reason=result.failure.value if result.failure else None,
        failure_code=result.failure_code,
        raw=dict(result.raw),
    )
