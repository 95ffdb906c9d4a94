"""Contract terms in force at a moment."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ShareFact:
    payee_ref: str
    payee_name: str
    weight: int  # shares are weights; the parts always sum to the whole


@dataclass(frozen=True, slots=True)
class TermsFact:
    """One dated version of one contract, as it applied to a sale."""

    contract_ref: str  # ctr_…
    contract_title: str
    version: int
    edition_ref: str
    basis: str  # net_receipts (issue of other bases: later)
    rate: Fraction
    valid_from: date
    valid_to: date | None  # exclusive
    shares: tuple[ShareFact, ...]
    clause: str  # the sentence of the contract, as the author signed it
