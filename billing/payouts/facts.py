"""Payouts as other modules see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from billing.ledger.draft import AccountKey


@dataclass(frozen=True, slots=True)
class PayoutAsked:
    """What somebody wants paid: from which account, to whose wallet. The same `key` again is the same payout."""

    key: str  # "statement:stm_…"
    account: AccountKey  # what we owe it from; its currency is the payout's
    amount_minor: int
    provider: str
    market: str
    payee_phone: str  # E.164
    payee_name: str
    description: str
    source_ref: str  # the document that explains it: stm_…, ref_…


@dataclass(frozen=True, slots=True)
class Refusal:
    """A payout that was asked for and not prepared. `rule` is a stable word."""

    key: str
    rule: str  # no_route, below_minimum, not_a_step, not_covered, already_asked
    message: str


@dataclass(frozen=True, slots=True)
class PayoutFact:
    id: str  # out_…; also our reference at the provider
    batch_ref: str
    key: str
    part: int  # of a sum that is more than a wallet takes at once; counted from 1
    part_count: int
    provider: str
    market: str
    state: str  # see states.py
    account: AccountKey
    amount_minor: int
    currency: str
    fee_minor: int  # expected, or as the provider told it
    payee_name: str
    payee_phone_masked: str
    description: str
    source_ref: str
    transaction_ref: str | None
    failure_reason: str | None
    flags: tuple[str, ...]
    prepared_at: datetime
    settled_at: datetime | None
    next_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutEventFact:
    state: str
    source: str  # prepared, approved, rejected, send, poll, notification, review, reversal
    note: str
    by: str  # who, when a person did it
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list: its sums without its payouts."""

    id: str
    title: str
    state: str
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    payout_count: int
    refusal_count: int
    totals: Mapping[str, int]  # currency → minor units


@dataclass(frozen=True, slots=True)
class BatchFact:
    id: str  # pob_…
    title: str
    state: str  # prepared, approved, rejected
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    payouts: tuple[PayoutFact, ...]
    refusals: tuple[Refusal, ...]

    @property
    def totals(self) -> Mapping[str, int]:
        """Currency → the sum of what is paid out in it, minor units."""
        sums: dict[str, int] = {}
        for payout in self.payouts:
            sums[payout.currency] = sums.get(payout.currency, 0) + payout.amount_minor
        return sums


class Outcome(StrEnum):
    """What a provider call came to. A fault is an answer too."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVERSED = "reversed"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"  # no usable answer: the work may have been done
    UNSENT = "unsent"  # nothing was done; the same may be sent again
    REFUSED = "refused"  # the request itself was refused for good; nothing was done


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """What came back from a provider about a payout, in billing's words."""

    outcome: Outcome
    provider_ref: str | None = None
    transaction_ref: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    fee_minor: int | None = None
    client_reference: str | None = None
    failure_reason: str | None = None
    failure_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
