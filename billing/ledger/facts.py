"""What the ledger tells others. Amounts are minor units; debit positive, credit negative."""

from dataclasses import dataclass
from datetime import date, datetime

from billing.ledger.draft import AccountKey


@dataclass(frozen=True, slots=True)
class EntryFact:
    id: str  # jrn_…
    key: str
    journal: str
    description: str
    source_ref: str
    happened_at: datetime
    recorded_at: datetime
    late_from: datetime | None = None  # when it really happened, if that month was closed by then
    reverses: str | None = None  # the entry this one takes back
    reversed_by: str | None = None  # the entry that takes this one back
    settles: str | None = None  # the hold this one settles


@dataclass(frozen=True, slots=True)
class BookedFact:
    """An entry as short as it can be compared with the document it was made from."""

    id: str  # jrn_…
    entity: str
    key: str
    source_ref: str
    happened_at: datetime  # really, whatever month it counts in
    is_reversal: bool
    lines: tuple[tuple[AccountKey, int], ...]  # in order of account and amount


@dataclass(frozen=True, slots=True)
class PostingFact:
    """One line of an account's statement, with the account's balance after it."""

    entry: EntryFact
    account: AccountKey
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class BalanceFact:
    """One account's movements in a stretch of time; `closing = opening + debit − credit`."""

    account: AccountKey
    label: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class UnclearedFact:
    """An account that ought to be zero and is not."""

    account: AccountKey
    balance_minor: int
    since: datetime  # when the oldest amount of it came that has not been used up, first in, first out


@dataclass(frozen=True, slots=True)
class StatementFact:
    """A stretch of an account's life, oldest first; each line with the balance after it, in the order it counts."""

    account: AccountKey
    opening_minor: int
    lines: tuple[PostingFact, ...]
    closing_minor: int  # after the last line shown
    is_complete: bool  # false: there are more lines after these


@dataclass(frozen=True, slots=True)
class HoldFact:
    id: str  # hld_…
    key: str
    journal: str
    description: str
    source_ref: str
    recorded_at: datetime
    expires_at: datetime | None
    outcome: str | None = None  # posted | partly | voided | expired; None: it counts
    ended_at: datetime | None = None
    entry_ref: str | None = None  # the entry that settled it
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AvailableFact:
    """What an account can still give and take. Minor units on the account's own side."""

    account: AccountKey
    balance_minor: int
    leaving_minor: int  # promised away by holds
    coming_minor: int  # promised to it by holds
    floor_minor: int | None
    ceiling_minor: int | None
    credit_minor: int

    @property
    def available_minor(self) -> int | None:
        """How much may leave it; None: no limit."""
        if self.floor_minor is None:
            return None
        return self.balance_minor - self.leaving_minor - self.floor_minor + self.credit_minor


@dataclass(frozen=True, slots=True)
class PeriodFact:
    entity: str
    starts_at: datetime
    ends_at: datetime
    state: str  # open | closing | closed


@dataclass(frozen=True, slots=True)
class PeriodEventFact:
    event: str  # closing | closed | withdrawn | asked | reopened
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SealFact:
    """A day under one hash; `seal = SHA-256(previous ‖ day ‖ count ‖ root)`."""

    day: date
    entry_count: int
    root: bytes
    previous: bytes
    seal: bytes
    sealed_at: datetime | None = None  # None: read from an export


@dataclass(frozen=True, slots=True)
class ProofFact:
    """An entry's way up to its day's seal; whoever has the seal from elsewhere can follow it (docs/seals.md)."""

    entry_ref: str
    content: str  # JSON; its SHA-256 is the fingerprint, the record's last 32 bytes
    record: bytes
    position: int  # among the day's entries, from 0
    path: tuple[bytes, ...]
    seal: SealFact


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the ledger's books do not agree on. `rule` is a stable word, `message` a sentence with the amounts."""

    rule: str
    subject: str
    message: str
