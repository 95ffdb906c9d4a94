"""Statements as pages and reports see them."""

from dataclasses import dataclass
from datetime import datetime

from royalties.runs.facts import RoyaltyLineFact


@dataclass(frozen=True, slots=True)
class BookSummary:
    edition_ref: str
    title: str
    quantity: int
    gross_minor: int
    base_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class StatementFact:
    """One payee, one period, one currency, one legal entity. `closing = opening + earned − paid`."""

    id: str  # stm_…
    number: str
    version: int
    payee_ref: str
    payee_name: str
    entity: str
    period: str  # YYYY-MM
    currency: str
    opening_minor: int
    earned_minor: int
    paid_minor: int
    closing_minor: int
    issued_at: datetime
    sha256: str  # of the canonical JSON of what it shows
    books: tuple[BookSummary, ...]
    lines: tuple[RoyaltyLineFact, ...]
