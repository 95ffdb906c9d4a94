"""Payments as other modules see them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NextActionFact:
    """What the payer does next. `kind`: redirect, approve_on_phone, enter_otp, show_qr, dial_ussd, none."""

    kind: str
    url: str | None = None
    instructions: str | None = None
    expires_at: datetime | None = None


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
class PaymentEventFact:
    state: str
    source: str  # start, poll, notification, return, sweep
    note: str
    happened_at: datetime
