"""Royalty lines as statements and reports see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
