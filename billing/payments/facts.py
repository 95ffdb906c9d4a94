"""Payments as other modules see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class NextActionFact:
    """What the payer does next. `kind`: redirect, approve_on_phone, enter_otp, show_qr, dial_ussd, none."""

    kind: str
    url: str | None = None
    instructions: str | None = None
    expires_at: datetime | None = None
    qr: str | None = None  # what the code to scan says
    ussd: str | None = None  # what to dial
    links: Mapping[str, str] = field(default_factory=dict)  # app → deep link


NO_ACTION = NextActionFact("none")


@dataclass(frozen=True, slots=True)
class FailureFact:
    """What may be done about a failure."""

    reason: str
    side: str  # payer, payee, merchant, request, provider
    is_final: bool
    retry: str  # never, new_attempt, after_delay, look_up


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """One attempt with one provider."""

    id: str  # pay_…; also our reference at the provider
    invoice_ref: str
    owner_ref: str
    provider: str
    market: str
    state: str  # see states.py
    amount_minor: int
    currency: str
    fee_minor: int
    payer_phone_masked: str
    next_action: NextActionFact
    provider_ref: str | None
    transaction_ref: str | None
    failure_reason: str | None
    flags: tuple[str, ...]  # late_success, duplicate, amount_mismatch
    started_at: datetime
    settled_at: datetime | None
    next_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaptureFact:
    """Money that one attempt brought, and how the provider knows it. For those who give it back."""

    payment_ref: str
    invoice_ref: str
    invoice_number: str
    owner_ref: str
    booked_as: str  # captured, captured_twice, mismatch
    entity: str
    provider: str
    market: str
    platform: str
    currency: str
    amount_minor: int
    fee_minor: int
    provider_ref: str | None
    started_at: datetime
    payer_phone: str | None = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PaymentEventFact:
    state: str
    source: str  # start, poll, notification, return, sweep, proposed, withdrawn, review
    note: str
    by: str  # who, when a person did it
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionFact:
    """What one person says became of a payment nobody could tell of, and what was made of it."""

    id: str  # dec_…
    payment_ref: str
    was_paid: bool
    proof: str  # the provider's reference: of the movement, or of its reply
    reason: str
    proposed_by: str
    proposed_at: datetime
    state: str  # proposed, confirmed, withdrawn, overtaken
    decided_by: str | None
    decided_at: datetime | None
    decided_why: str


@dataclass(frozen=True, slots=True)
class OptionFact:
    """One wallet the payer may choose."""

    provider: str
    label: str
    market: str
    next_action_kind: str
    is_suggested: bool = False  # the payer's number is one of this operator's: a hint, nothing more
    is_resting: bool = False  # it does not answer now
    needs_phone: bool = False
    needs_code: bool = False  # the payer makes a code first
    code_ussd: str = ""  # what to dial for it
    fee_rate: Fraction = Fraction(0)


class Outcome(StrEnum):
    """What a provider call came to. A fault is an answer too: silence says something about what we may do next."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # an explicit, final no
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"  # no usable answer: the work may have been done
    UNSENT = "unsent"  # nothing reached the provider or nothing was done; the same may be sent again
    REFUSED = "refused"  # the request itself was refused for good; nothing was done


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What came back from a provider, in billing's words. The amount is what the provider says, not what we asked."""

    outcome: Outcome
    provider_ref: str | None = None
    transaction_ref: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    client_reference: str | None = None
    next_action: NextActionFact = NO_ACTION
    failure_reason: str | None = None
    failure_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # to be handed back at every question
