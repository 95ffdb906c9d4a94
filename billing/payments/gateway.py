"""The only door from payments to the providers. Turns every answer and every fault into a `ProviderAnswer`.

Called with no database transaction open: a provider may take its whole deadline.
"""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from billing.payments.facts import FailureFact, NextActionFact, Outcome, ProviderAnswer
from providers import circuit, http, registry
from providers.amounts import Amount
from providers.contract import (
    Adapter,
    AmountRule,
    Capabilities,
    ConfirmsByCode,
    FailureReason,
    Lookup,
    PaymentRequest,
    PaymentResult,
    Prepares,
)
from providers.credentials import MissingCredential
from providers.errors import OutcomeUnknown, ProviderFault, RequestRefused
from providers.failures import FAILURES, Side

log = logging.getLogger(__name__)

LIMITS = http.USUAL_LIMITS


class NoTicket(Exception):
    """The provider hands out tickets before it is asked, and none could be had. Nothing was sent."""


class TakesNoCode(Exception):
    """The wallet asks for no code of the payer's."""


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
    started_at: datetime | None = None
    ticket: str = field(default="", repr=False)  # fetched before, where the provider hands out any
    platform: str = ""  # of the provider's, chosen when the attempt began: each sending goes there
    payer_code: str | None = field(default=None, repr=False)  # made by the payer beforehand; never stored


@dataclass(frozen=True, slots=True)
class Inquiry:
    """How to ask about an attempt."""

    payment_ref: str
    provider: str
    market: str
    provider_ref: str | None
    amount_minor: int
    currency: str
    platform: str
    started_at: datetime
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def lookup(self) -> Lookup:
        return Lookup(
            reference=self.payment_ref,
            provider_ref=self.provider_ref,
            platform=self.platform,
            amount=Amount(self.amount_minor, self.currency),
            asked_at=self.started_at,
            secrets=self.secrets,
        )


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a provider can do, as far as choosing and limits go."""

    label: str
    markets: frozenset[str]
    next_action_kind: str
    status_window: timedelta
    amounts: AmountRule
    needs_phone: bool
    needs_code: bool
    code_ussd: str


def names() -> frozenset[str]:
    """The providers we can talk to."""
    return frozenset(registry.names())


def wallet(provider: str, market: str = "") -> Wallet:
    known: Capabilities = registry.capabilities(provider, market)
    return Wallet(
        label=known.label,
        markets=frozenset(known.markets),
        next_action_kind=min(known.next_actions, default="none"),
        status_window=known.status_window,
        amounts=known.collecting(market),
        needs_phone=known.needs_phone,
        needs_code=known.needs_code,
        code_ussd=known.code_ussd.get(market, ""),
    )


def is_resting(provider: str, market: str) -> bool:
    """Whether the provider was silent so often that we leave it alone for a moment."""
    return circuit.is_open(provider, market)


def failure(reason: str) -> FailureFact:
    """Whose matter a failure is, and what may be tried next."""
    known = FailureReason(reason) if reason in set(FailureReason) else FailureReason.UNSPECIFIED
    what = FAILURES[known]
    return FailureFact(reason, what.side.value, what.is_final, what.retry.value)


def is_of_the_payer(failure_reason: str) -> bool:
    """Whether a failure says nothing of the provider."""
    return failure(failure_reason).side == Side.PAYER


def start(collection: Collection) -> ProviderAnswer:
    """Ask for the money. Safe to repeat with the same collection."""
    request = PaymentRequest(
        reference=collection.payment_ref,
        amount=Amount(collection.amount_minor, collection.currency),
        payer_phone=collection.payer_phone,
        description=collection.description,
        success_url=collection.return_url,
        error_url=collection.return_url,
        notify_url=f"{settings.BASE_URL}/webhooks/{collection.provider}/{collection.market}",
        payer_code=collection.payer_code,
        asked_at=collection.started_at,
        ticket=collection.ticket,
        platform=collection.platform,
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


def fetch(inquiry: Inquiry) -> ProviderAnswer:
    """What the provider says of the attempt now."""
    return _ask(lambda: _adapter(inquiry.provider, inquiry.market).fetch_payment(inquiry.lookup()))


def cancel(inquiry: Inquiry) -> ProviderAnswer:
    """Close the attempt if it is still open; the answer says what it became."""
    return _ask(lambda: _adapter(inquiry.provider, inquiry.market).cancel_payment(inquiry.lookup()))


def confirm(inquiry: Inquiry, code: str) -> ProviderAnswer:
    """Hand in the code that the payer was sent.

    :raises TakesNoCode: this wallet sends none.
    """
    adapter = _adapter(inquiry.provider, inquiry.market)
    if not isinstance(adapter, ConfirmsByCode):
        raise TakesNoCode(f"{inquiry.provider} in {inquiry.market} sends no codes")
    return _ask(lambda: adapter.confirm_payment(inquiry.lookup(), code))


def ticket(provider: str, market: str) -> str | None:
    """A ticket for the next attempt, to be committed before it is sent; None where the provider has none.

    :raises NoTicket: it has, and does not answer now.
    """
    try:
        adapter = _adapter(provider, market)
        return adapter.prepare_payment() if isinstance(adapter, Prepares) else None
    except (ProviderFault, MissingCredential) as fault:
        raise NoTicket(f"{provider} in {market}: {type(fault).__name__}") from fault


def platform(provider: str, market: str) -> str:
    """Where the provider takes new requests now; kept with each attempt."""
    try:
        return _adapter(provider, market).platform
    except MissingCredential:
        return ""  # the attempt will wait for the credentials, and go where they lead


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
        next_action=NextActionFact(
            kind=action.kind.value,
            url=action.url,
            instructions=action.instructions,
            expires_at=action.expires_at,
            qr=action.qr,
            ussd=action.ussd,
            links=dict(action.links),
        ),
        failure_reason=result.failure.value if result.failure else None,
        failure_code=result.failure_code,
        raw=dict(result.raw),
        secrets=dict(result.secrets),
    )
