"""Royalty lines as statements and reports see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from royalties import periods


@dataclass(frozen=True, slots=True)
class RoyaltyLineFact:
    """What one sale owes one payee. `inputs` is everything the amount recomputes from, and nothing else."""

    id: str  # roy_…
    period: str  # YYYY-MM
    payee_ref: str
    payee_name: str
    entity: str
    kind: str  # sale
    edition_ref: str
    title: str
    item_ref: str
    invoice_number: str
    quantity: int
    currency: str
    gross_minor: int
    base_minor: int
    amount_minor: int
    happened_at: datetime
    inputs: Mapping[str, Any]
    entry_ref: str
    statement_ref: str | None

    @property
    def is_late(self) -> bool:
        """Whether the sale belongs to an earlier month, which was closed before the sale was known."""
        return self.period != periods.of(self.happened_at)


@dataclass(frozen=True, slots=True)
class AwaitingSaleFact:
    """A paid sale nobody is owed for yet, because no contract covers the edition on that day."""

    item_ref: str
    invoice_number: str
    edition_ref: str
    title: str
    entity: str
    currency: str
    gross_minor: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class AccrualReport:
    """What one pass over the new sales did."""

    sales: int
    lines: int
    amounts: Mapping[str, int]  # currency → royalty in minor units
    awaiting: tuple[AwaitingSaleFact, ...]  # met in this pass, without a contract
    more: bool  # the limit cut the pass short: call again
