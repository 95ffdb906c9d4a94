"""What the ledger tells others. Amounts are minor units; debit positive, credit negative."""

from dataclasses import dataclass
from datetime import datetime

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
    reverses: str | None = None  # the entry this one takes back
    reversed_by: str | None = None  # the entry that takes this one back


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
class Difference:
    """Something the ledger's books do not agree on. `rule` is a stable word, `message` a sentence with the amounts."""

    rule: str
    subject: str
    message: str
