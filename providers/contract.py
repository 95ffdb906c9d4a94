"""The port: what billing asks of a payment company and what it gets back. Small, frozen, without a provider's words.

Adapters implement the protocols they can. They translate; they do not decide, save, render or read a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from providers.amounts import Amount


class Outcome(StrEnum):
    """What a provider says of one attempt. Anything it says that we do not know is PENDING."""

    PENDING = "pending"  # the payer or the provider is still at it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # an explicit, final no
    EXPIRED = "expired"  # closed without payment; a late success is still possible
    NOT_FOUND = "not_found"  # the provider knows no such attempt (yet)


class FailureReason(StrEnum):
    """One taxonomy for every provider."""

    PAYER_INSUFFICIENT_FUNDS = "payer_insufficient_funds"
    PAYER_ACCOUNT_BLOCKED = "payer_account_blocked"
    PAYER_LIMIT_REACHED = "payer_limit_reached"
    PAYER_NOT_APPROVED = "payer_not_approved"
    PAYER_NOT_FOUND = "payer_not_found"
    PAYER_MISMATCH = "payer_mismatch"
    PAYER_NOT_ELIGIBLE = "payer_not_eligible"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    CROSS_BORDER_NOT_ALLOWED = "cross_border_not_allowed"
    MERCHANT_LIMIT_REACHED = "merchant_limit_reached"
    MERCHANT_NOT_ALLOWED = "merchant_not_allowed"
    REQUEST_INVALID = "request_invalid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNSPECIFIED = "unspecified"


class NextActionKind(StrEnum):
    """What the payer does next. Pages draw by this, never by provider."""

    REDIRECT = "redirect"
    APPROVE_ON_PHONE = "approve_on_phone"
    ENTER_OTP = "enter_otp"
    SHOW_QR = "show_qr"
    DIAL_USSD = "dial_ussd"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NextAction:
    kind: NextActionKind
    url: str | None = None
    instructions: str | None = None
    expires_at: datetime | None = None


NO_ACTION = NextAction(NextActionKind.NONE)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do in the markets we know; data, so that pages and routing need no provider names."""

    label: str
    markets: frozenset[str]  # ISO 3166 alpha-2
    currencies: frozenset[str]
    next_actions: frozenset[NextActionKind]
    session_life: timedelta  # how long the payer has
    status_window: timedelta  # how long the provider can be asked; afterwards a person must look
    refunds: str  # "full", "partial", "by_payout", "none"
    signed_notifications: bool
    minor_min: int = 1
    minor_max: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One attempt to collect. `reference` is ours, unique for ever, committed before anything is sent."""

    reference: str
    amount: Amount
    payer_phone: str | None  # E.164
    description: str
    success_url: str
    error_url: str


@dataclass(frozen=True, slots=True)
class PaymentLookup:
    """How to ask about an attempt: our reference always, the provider's id once we have it."""

    reference: str
    provider_ref: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What the provider says now. `amount` is what it says was asked or paid; billing compares it with its own."""

    outcome: Outcome
    provider_ref: str | None = None  # the provider's id of the session or request
    transaction_ref: str | None = None  # the id of the money movement, as the payer sees it
    amount: Amount | None = None
    client_reference: str | None = None  # our reference as the provider echoes it
    next_action: NextAction = NO_ACTION
    failure: FailureReason | None = None
    failure_code: str = ""  # the provider's own word
    completed_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)  # for the record; phone numbers masked


@dataclass(frozen=True, slots=True)
class RefundResult:
    outcome: Outcome
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notification:
    """A verified hint that something happened. Never a reason to move money by itself."""

    event_ref: str
    kind: str
    provider_ref: str | None
    client_reference: str | None


@runtime_checkable
class Collects(Protocol):
    """Can ask a payer for money.

    Every method raises `providers.errors.ProviderFault` when the provider gave no usable answer.
    """

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Ask for the money. Safe to call again with the same request: an earlier one is found, not doubled."""
        ...

    def fetch_payment(self, lookup: PaymentLookup) -> PaymentResult:
        """What the provider says now; NOT_FOUND when it knows nothing of it."""
        ...

    def cancel_payment(self, lookup: PaymentLookup) -> PaymentResult:
        """Close the attempt if it is still open, and say what it became."""
        ...


@runtime_checkable
class Refunds(Protocol):
    """Can give a whole payment back. Idempotent at the provider."""

    def refund_payment(self, lookup: PaymentLookup) -> RefundResult: ...


@runtime_checkable
class Notifies(Protocol):
    """Sends notifications that can be checked."""

    def read_notification(self, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Notification:
        """Verify the raw bytes, then translate.

        :raises providers.errors.NotificationRefused: it does not prove its origin.
        """
        ...


class Adapter(Collects, Notifies, Protocol):
    """What every provider of ours can do."""

    capabilities: Capabilities
