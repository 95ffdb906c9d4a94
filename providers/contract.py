"""The port: what billing asks of a payment company and what it gets back. Small, frozen, without a provider's words.

Adapters implement the protocols they can. They translate; they do not decide, save, render or read a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from providers.amounts import Amount
from providers.capabilities import AmountRule as AmountRule
from providers.capabilities import Capabilities as Capabilities
from providers.capabilities import Idempotency as Idempotency
from providers.capabilities import NextActionKind as NextActionKind
from providers.capabilities import RefundKind as RefundKind
from providers.capabilities import Trust as Trust
from providers.failures import FailureReason as FailureReason


class Outcome(StrEnum):
    """What a provider says of one attempt. Anything it says that we do not know is PENDING."""

    PENDING = "pending"  # the payer or the provider is still at it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # an explicit, final no
    EXPIRED = "expired"  # closed without payment; a late success is still possible
    NOT_FOUND = "not_found"  # the provider knows no such attempt (yet)
    REVERSED = "reversed"  # of payouts: it had arrived and came back


@dataclass(frozen=True, slots=True)
class NextAction:
    kind: NextActionKind
    url: str | None = None
    instructions: str | None = None
    expires_at: datetime | None = None
    qr: str | None = None  # what the code says, as text; pages draw it
    ussd: str | None = None  # `*144*4*6#`
    links: Mapping[str, str] = field(default_factory=dict)  # label → deep link into an app of the provider


NO_ACTION = NextAction(NextActionKind.NONE)


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One attempt to collect. `reference` is ours, unique for ever, committed before anything is sent."""

    reference: str
    amount: Amount
    payer_phone: str | None  # E.164
    description: str
    success_url: str
    error_url: str
    notify_url: str = ""  # where notifications of this attempt shall go; empty: wherever the provider was told before
    payer_code: str | None = field(default=None, repr=False)  # made by the payer beforehand, where `needs_code`
    # Where an earlier sending went (`Adapter.platform` at that time): only there it is found. Empty: where new ones go.
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to ask about a payment, a refund or a payout: our reference always, the rest once we have it."""

    reference: str
    provider_ref: str | None = None
    platform: str = ""  # of the provider's, where it was asked (`Adapter.platform` at that time)
    amount: Amount | None = None
    asked_at: datetime | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # `PaymentResult.secrets`, kept for this


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What the provider says now. `amount` is what it says was asked or paid; billing compares it with its own."""

    outcome: Outcome
    provider_ref: str | None = None  # the provider's id of the session or request
    transaction_ref: str | None = None  # the id of the money movement, as the payer sees it
    amount: Amount | None = None  # None: it does not say
    client_reference: str | None = None  # our reference as the provider echoes it
    next_action: NextAction = NO_ACTION
    failure: FailureReason | None = None
    failure_code: str = ""  # the provider's own word
    completed_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)  # for the record; phone numbers masked
    secrets: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # to be kept sealed, and handed back in `Lookup`


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give a payment back, wholly or in part. `reference` is the refund's own."""

    reference: str
    payment: Lookup
    amount: Amount
    description: str = ""
    notify_url: str = ""


@dataclass(frozen=True, slots=True)
class PayoutRequest:
    """Send money to a wallet. `reference` is ours, unique for ever, committed before anything is sent."""

    reference: str
    amount: Amount  # what arrives; the provider's fee comes on top
    payee_phone: str  # E.164
    payee_name: str
    description: str
    notify_url: str = ""
    platform: str = ""  # as in `PaymentRequest`


@dataclass(frozen=True, slots=True)
class TransferResult:
    """What became of a refund or a payout."""

    outcome: Outcome
    provider_ref: str | None = None
    transaction_ref: str | None = None
    amount: Amount | None = None  # None: it does not say
    fee: Amount | None = None  # on top of the amount; None: it does not say
    client_reference: str | None = None
    failure: FailureReason | None = None
    failure_code: str = ""
    completed_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Several payouts sent together: the batch's id, and what is known of each by our reference."""

    provider_ref: str
    is_complete: bool
    payouts: Mapping[str, TransferResult]


@dataclass(frozen=True, slots=True)
class HolderResult:
    """Who holds a wallet. None: the provider does not say."""

    is_active: bool | None
    name_matches: bool | None = None
    within_limits: bool | None = None
    name: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


class MovementKind(StrEnum):
    """What a line of a provider's statement is."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    PAYOUT_REVERSAL = "payout_reversal"
    FEE = "fee"
    TAX = "tax"
    TRANSFER = "transfer"  # to or from the bank, between own wallets
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of the provider's own account of a wallet. Amounts in minor units, signed: what the wallet gained."""

    line_ref: str  # unique within provider and market
    kind: MovementKind
    net_minor: int
    fee_minor: int  # kept by the provider: gross = net + fee
    currency: str
    happened_at: datetime
    transaction_ref: str | None = None
    provider_ref: str | None = None
    client_reference: str | None = None
    counterparty_phone: str | None = field(default=None, repr=False)  # E.164
    balance_minor: int | None = None  # of the wallet, after this line
    is_reversal: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatementPage:
    lines: tuple[StatementLine, ...]
    next_cursor: str | None  # None: the day is complete


class MandateState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class MandateRequest:
    """Ask a payer to allow debits without a prompt each time."""

    reference: str
    payer_phone: str
    currency: str
    description: str
    valid_for: timedelta
    notify_url: str = ""
    platform: str = ""  # as in `PaymentRequest`


@dataclass(frozen=True, slots=True)
class MandateResult:
    state: MandateState
    provider_ref: str | None = None
    expires_at: datetime | None = None
    failure_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A notification as it came over the wire."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    path_token: str = field(default="", repr=False)  # the last part of the address it came to
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Notification:
    """A verified hint that something happened. Never a reason to move money by itself.

    `event_ref` is the provider's id of the event; where it has none, a digest of what was said, so that the same
    notification again is the same event.
    """

    event_ref: str
    kind: str
    provider_ref: str | None
    client_reference: str | None
    secret: str | None = field(default=None, repr=False)  # must equal `PaymentResult.secrets["notification"]`, if any


@runtime_checkable
class Collects(Protocol):
    """Can ask a payer for money.

    Every method raises `providers.errors.ProviderFault` when the provider gave no usable answer.
    """

    def start_payment(self, request: PaymentRequest) -> PaymentResult:
        """Ask for the money. Safe to call again with the same request: an earlier one is found, not doubled."""
        ...

    def fetch_payment(self, lookup: Lookup) -> PaymentResult:
        """What the provider says now; NOT_FOUND when it knows nothing of it."""
        ...

    def cancel_payment(self, lookup: Lookup) -> PaymentResult:
        """Close the attempt if it is still open, where the provider can, and say what it became."""
        ...


@runtime_checkable
class ConfirmsByCode(Protocol):
    """Sends the payer a code, and takes the money when the code is handed in."""

    def confirm_payment(self, lookup: Lookup, code: str) -> PaymentResult:
        """Hand in the payer's code. A wrong one is AUTH_CODE_INVALID, and is no end while the provider allows more."""
        ...


@runtime_checkable
class Refunds(Protocol):
    """Can give a payment back by an operation of its own. Idempotent by the refund's reference."""

    def refund_payment(self, request: RefundRequest) -> TransferResult: ...

    def fetch_refund(self, lookup: Lookup, *, payment: Lookup) -> TransferResult: ...


@runtime_checkable
class PaysOut(Protocol):
    """Can send money to a wallet. Idempotent by the payout's reference."""

    def start_payout(self, request: PayoutRequest) -> TransferResult: ...

    def fetch_payout(self, lookup: Lookup) -> TransferResult: ...


@runtime_checkable
class PaysOutTogether(Protocol):
    """Can send several payouts in one request. Idempotent by the batch's reference."""

    def start_batch(self, reference: str, requests: tuple[PayoutRequest, ...]) -> BatchResult: ...

    def fetch_batch(self, provider_ref: str) -> BatchResult: ...


@runtime_checkable
class ReversesPayouts(Protocol):
    """Can call a payout back, within `Capabilities.reversal_window`. Calling twice brings it back once."""

    def reverse_payout(self, lookup: Lookup) -> TransferResult: ...


@runtime_checkable
class TellsBalance(Protocol):
    def fetch_balance(self) -> Amount: ...


@runtime_checkable
class TellsFloat(Protocol):
    """Pays out and refunds from another wallet than the one it collects into."""

    def fetch_float(self) -> Amount: ...


@runtime_checkable
class TellsPayers(Protocol):
    """Can send the payer a message of ours about a payment that succeeded."""

    def tell_payer(self, lookup: Lookup, message: str, *, language: str = "") -> None:
        """Short, and in `language` (ISO 639) where the provider wants to know. Nothing depends on its arrival."""
        ...


@runtime_checkable
class ListsMovements(Protocol):
    """Can be asked for its own account of the wallet."""

    def list_movements(self, day: date, cursor: str | None = None) -> StatementPage:
        """The lines of one UTC day, oldest first, a page at a time."""
        ...


@runtime_checkable
class KnowsHolders(Protocol):
    def check_holder(self, phone: str, *, name: str | None = None, amount: Amount | None = None) -> HolderResult:
        """Whether that number holds a wallet that can receive, and whether it is that person's."""
        ...


@runtime_checkable
class TakesMandates(Protocol):
    """Payers may allow debits in advance. A debit itself is an ordinary payment."""

    def start_mandate(self, request: MandateRequest) -> MandateResult: ...

    def fetch_mandate(self, lookup: Lookup) -> MandateResult: ...

    def cancel_mandate(self, lookup: Lookup, *, payer_phone: str) -> MandateResult: ...


@runtime_checkable
class Notifies(Protocol):
    """Sends notifications that can be checked."""

    def read_notification(self, arrival: Arrival) -> Notification:
        """Verify the raw bytes, then translate.

        :raises providers.errors.NotificationRefused: it does not prove its origin.
        """
        ...


class Adapter(Collects, Protocol):
    """What every provider of ours can do."""

    capabilities: Capabilities
    platform: str  # which of the provider's platforms new requests go to; stored with each attempt
