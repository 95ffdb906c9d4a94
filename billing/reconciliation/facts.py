"""Reconciliation as other modules see it. Amounts are minor units, signed: what the wallet gained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a line of a provider's statement is, in the provider's view of our wallet."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    PAYOUT_REVERSAL = "payout_reversal"
    FEE = "fee"
    TAX = "tax"
    TRANSFER = "transfer"  # to or from the bank, between own wallets
    OTHER = "other"


class State(StrEnum):
    """Where a line ends; always exactly one of them."""

    MATCHED = "matched"  # a payment, refund or payout of ours is what it tells of
    EXPLAINED = "explained"  # a fee, a tax, a transfer, a reversal: its own explanation
    WORKLIST = "worklist"  # a person must look; its sum stands in 4712


class Explanation(StrEnum):
    """What a line can be without a document of ours."""

    FEE = "fee"
    TAX = "tax"
    TRANSFER = "transfer"
    REVERSAL = "reversal"  # one line takes back another, and we knew of neither
    REFUND_DUE = "refund_due"  # somebody's money that is owed back: said by a person only


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One line as read, whoever brought it. `net = gross − fee`."""

    line_ref: str  # unique within provider and market
    kind: Kind
    net_minor: int
    fee_minor: int  # kept by the provider
    currency: str
    happened_at: datetime
    our_ref: str | None = None
    provider_ref: str | None = None
    transaction_ref: str | None = None
    phone: str | None = field(default=None, repr=False)  # E.164
    balance_minor: int | None = None  # of the wallet after it, if told
    is_reversal: bool = False
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ImportFact:
    """One file or one pull, and what it brought."""

    id: str  # rci_…
    provider: str
    market: str
    source: str  # file, api
    map_ref: str  # "mtn/csv@1"
    covered_from: datetime | None  # the first and the last line's moment
    covered_to: datetime | None
    line_count: int
    new_count: int
    repeated_count: int  # known before, and saying the same
    changed_count: int  # known before, and saying something else
    imported_by: str
    imported_at: datetime
    is_repeated: bool = False  # the same content had been imported before; nothing was done


@dataclass(frozen=True, slots=True)
class LineFact:
    """One line and where it ended."""

    id: str  # rcl_…
    provider: str
    market: str
    line_ref: str
    kind: str
    net_minor: int
    fee_minor: int
    currency: str
    happened_at: datetime
    our_ref: str | None
    transaction_ref: str | None
    phone_masked: str
    state: str
    reason: str  # a stable word; empty when there is nothing to say
    rule: str  # what found it: reference, provider_ref, transaction_ref, payment, likeness, person, kind, reversal
    subject_ref: str  # pay_…, ref_…, out_…
    hint: str
    suspense_minor: int  # what of it stands in 4712, credit positive
    decided_by: str
    decided_why: str

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A line that came again and said something else."""

    id: int
    line: LineFact
    net_minor: int
    fee_minor: int
    currency: str
    kind: str
    found_at: datetime
    verdict: str  # accepted, rejected; empty: nobody has looked at it yet
    decided_by: str
    decided_why: str
    correction_id: str  # rcl_…: the line that is the difference; empty: there is none


@dataclass(frozen=True, slots=True)
class AlarmFact:
    """What should have returned to zero and has not. Debit positive."""

    code: str
    holder: str
    entity: str
    currency: str
    sum_minor: int
    since: datetime
    age_days: int


@dataclass(frozen=True, slots=True)
class DifferenceFact:
    """One thing of a day on which provider and ledger do not agree: ledger − provider."""

    ref: str  # pay_…, ref_…, out_…, or the line's own rcl_…
    line_id: str  # rcl_…, empty: no line of the day tells of it
    provider_minor: int
    ledger_minor: int

    @property
    def difference_minor(self) -> int:
        return self.ledger_minor - self.provider_minor


@dataclass(frozen=True, slots=True)
class SideFact:
    """A day of one wallet as one side tells it."""

    opening_minor: int
    moved_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class DayFact:
    """What the provider says of a wallet's UTC day, what the ledger says, and what lies between."""

    provider: str
    market: str
    currency: str
    entity: str
    day: date
    told: SideFact  # the sum of its lines; the opening is what came before, or the balance it told
    booked: SideFact  # account 552 of the wallet
    gross_by_kind: Mapping[str, int]
    fee_minor: int
    line_count: int
    worklist_count: int
    changed_count: int
    lines: tuple[DifferenceFact, ...] = ()  # what the difference is made of; the first ones when there are many

    @property
    def difference_minor(self) -> int:
        """What the ledger moved beyond what the provider says moved that day."""
        return self.booked.moved_minor - self.told.moved_minor

    @property
    def agrees(self) -> bool:
        return not (self.difference_minor or self.worklist_count or self.changed_count or self.lines)
