"""Statements as pages and reports see them."""

from collections.abc import Mapping
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
class AuditCheck:
    """One thing the statement was checked for when it was issued. `rule` is a stable word that pages put into words."""

    rule: str
    holds: bool
    detail: str  # what was compared; empty when there is nothing to add


@dataclass(frozen=True, slots=True)
class StatementSummary:
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
    issuer_name: str  # the legal entity as it is called


@dataclass(frozen=True, slots=True)
class StatementFact(StatementSummary):
    """The whole document."""

    issuer: Mapping[str, str]  # name, address and the legal mentions of who owes
    books: tuple[BookSummary, ...]
    lines: tuple[RoyaltyLineFact, ...]
    audit: tuple[AuditCheck, ...]


@dataclass(frozen=True, slots=True)
class RunningFact:
    """What a payee earned in one currency since their last statement."""

    period: str  # the month now
    currency: str
    amount_minor: int
    lines: tuple[RoyaltyLineFact, ...]
