"""Refunds and disputes as other modules see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Way(StrEnum):
    """How a refund reaches the payer."""

    OPERATION = "operation"  # the provider takes the payment back
    PAYOUT = "payout"  # we send it to the payer's wallet


@dataclass(frozen=True, slots=True)
class RefundFact:
    id: str  # ref_…; also our reference at the provider
    payment_ref: str
    invoice_ref: str
    owner_ref: str
    provider: str
    market: str
    way: str  # operation, payout
    state: str  # see states.py
    amount_minor: int
    net_minor: int  # of it, what reduces the sale before tax; zero when no sale is reduced
    tax_minor: int
    fee_back_minor: int  # what the provider gives back of its fee with it
    currency: str
    reason: str
    requested_by: str
    payout_ref: str | None
    refused_rule: str | None  # why the last batch of payouts would not take it; a stable word
    transaction_ref: str | None
    failure_reason: str | None
    flags: tuple[str, ...]
    requested_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundEventFact:
    state: str
    source: str  # start, sweep, poll, notification, payout, again, withdrawn, review
    note: str
    by: str  # who, when a person did it
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeFact:
    """Somebody contests a payment. Recorded only: money moves by a refund, or by a line of the provider's statement."""

    id: str  # dsp_…
    payment_ref: str
    amount_minor: int
    currency: str
    reason: str
    state: str  # open, won, lost
    opened_by: str
    opened_at: datetime
    decided_at: datetime | None
    outcome_note: str


class Outcome(StrEnum):
    """What a provider call came to. A fault is an answer too."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    UNSENT = "unsent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What came back from a provider about a refund, in billing's words."""

    outcome: Outcome
    provider_ref: str | None = None
    transaction_ref: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    failure_reason: str | None = None
    failure_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
