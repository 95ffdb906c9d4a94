"""The only door from refunds to the providers. Turns every answer and every fault into a `RefundAnswer`.

Called with no database transaction open.
"""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from billing.refunds.facts import Outcome, RefundAnswer, Way
from providers import http, registry
from providers.amounts import Amount
from providers.contract import Adapter, FailureReason, Lookup, RefundKind, RefundRequest, Refunds, TransferResult
from providers.contract import Outcome as Told
from providers.credentials import MissingCredential
from providers.errors import OutcomeUnknown, ProviderFault, RequestRefused

log = logging.getLogger(__name__)

LIMITS = http.USUAL_LIMITS


@dataclass(frozen=True, slots=True)
class Giving:
    """What is asked of a provider, and how to ask about it. The same for every sending of one refund."""

    refund_ref: str
    provider: str
    market: str
    platform: str  # where the refund is asked
    amount_minor: int
    currency: str
    description: str
    provider_ref: str | None
    asked_at: datetime | None
    payment_ref: str
    payment_provider_ref: str | None
    payment_platform: str
    payment_amount_minor: int
    payment_started_at: datetime
    payment_secrets: Mapping[str, str] = field(repr=False)

    def payment(self) -> Lookup:
        return Lookup(
            reference=self.payment_ref,
            provider_ref=self.payment_provider_ref,
            platform=self.payment_platform,
            amount=Amount(self.payment_amount_minor, self.currency),
            asked_at=self.payment_started_at,
            secrets=self.payment_secrets,
        )

    def lookup(self) -> Lookup:
        amount = Amount(self.amount_minor, self.currency)
        return Lookup(self.refund_ref, self.provider_ref, self.platform, amount, self.asked_at)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a provider gives back."""

    whole: Way | None  # None: not at all
    part: Way | None
    returns_fee: bool
    status_window: timedelta


_WAYS: Mapping[RefundKind, tuple[Way | None, Way | None]] = {
    RefundKind.FULL: (Way.OPERATION, Way.PAYOUT),
    RefundKind.PARTIAL: (Way.OPERATION, Way.OPERATION),
    RefundKind.BY_PAYOUT: (Way.PAYOUT, Way.PAYOUT),
    RefundKind.NONE: (None, None),
}


def terms(provider: str, market: str) -> Terms:
    known = registry.capabilities(provider, market)
    whole, part = _WAYS[known.refunds]
    if not known.pays_out:
        whole, part = (None if way is Way.PAYOUT else way for way in (whole, part))
    return Terms(whole, part, known.refund_returns_fee, known.status_window)


def platform(provider: str, market: str) -> str:
    try:
        return _adapter(provider, market).platform
    except MissingCredential:
        return ""


def start(giving: Giving) -> RefundAnswer:
    """Ask for the refund. Safe to repeat with the same one."""
    request = RefundRequest(
        reference=giving.refund_ref,
        payment=giving.payment(),
        amount=Amount(giving.amount_minor, giving.currency),
        description=giving.description,
        notify_url=f"{settings.BASE_URL}/webhooks/{giving.provider}/{giving.market}",
    )
    try:
        return _answer(_giving(giving).refund_payment(request))
    except RequestRefused as fault:
        return _silence(Outcome.REFUSED, fault, failure_reason=FailureReason.REFUND_NOT_ALLOWED)
    except OutcomeUnknown as fault:
        return _silence(Outcome.UNKNOWN, fault)
    except ProviderFault as fault:
        return _silence(Outcome.UNSENT if fault.nothing_happened else Outcome.UNKNOWN, fault)
    except MissingCredential as missing:
        log.error("provider not configured: %s", missing)
        return RefundAnswer(Outcome.UNSENT, raw={"fault": "MissingCredential"})


def fetch(giving: Giving) -> RefundAnswer:
    """What the provider says of the refund now."""
    return _ask(lambda: _giving(giving).fetch_refund(giving.lookup(), payment=giving.payment()))


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ, limits=LIMITS)


def _giving(giving: Giving) -> Refunds:
    adapter = _adapter(giving.provider, giving.market)
    if not isinstance(adapter, Refunds):
        raise TypeError(f"{giving.provider} has no operation to give back")  # its terms said so: a bug
    return adapter


def _ask(question: Callable[[], TransferResult]) -> RefundAnswer:
    try:
        return _answer(question())
    except ProviderFault as fault:
        return _silence(Outcome.UNKNOWN, fault)
    except MissingCredential as missing:
        log.error("provider not configured: %s", missing)
        return RefundAnswer(Outcome.UNKNOWN, raw={"fault": "MissingCredential"})


def _silence(outcome: Outcome, fault: ProviderFault, failure_reason: str | None = None) -> RefundAnswer:
    log.warning("provider fault: %s %s code=%s status=%s", outcome, type(fault).__name__, fault.code, fault.status)
    return RefundAnswer(
        outcome=outcome,
        failure_reason=failure_reason,
        failure_code=fault.code,
        raw={"fault": type(fault).__name__, "code": fault.code, "status": fault.status},
    )


def _answer(result: TransferResult) -> RefundAnswer:
    ended = {Told.EXPIRED: Outcome.FAILED, Told.REVERSED: Outcome.FAILED}
    return RefundAnswer(
        outcome=ended.get(result.outcome) or Outcome(result.outcome.value),
        provider_ref=result.provider_ref,
        transaction_ref=result.transaction_ref,
        amount_minor=result.amount.minor if result.amount else None,
        currency=result.amount.currency if result.amount else None,
        failure_reason=result.failure.value if result.failure else None,
        failure_code=result.failure_code,
        raw=dict(result.raw),
    )
