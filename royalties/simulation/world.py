"""What a simulation knows at a moment: counters, sold lots, balances, and the lines so far. Nothing is saved."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from royalties.rules.lines import LineQuestion
from royalties.rules.terms import Traits
from royalties.simulation.covering import Covering
from royalties.simulation.scenario import Period, Sale, Scenario

Counter = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What one event owes one payee. `question` and `inputs` are what the amount recomputes from."""

    id: str
    period: str
    day: date
    kind: str  # sale, premium, tip, refund, held_return, reserve_release, reading, verdict, bonus
    event: str
    book: str
    contract: str
    version: int
    clause: str
    payee: str
    currency: str
    amount_minor: int
    in_escrow: bool
    units: int
    question: str
    inputs: Any
    traits: Traits
    note: str = ""


@dataclass(slots=True)
class Lot:
    """Copies of one sale as one contract accounted for them, and what is still there to return."""

    sale: Sale
    covering: Covering
    quantity: int
    question: LineQuestion
    left: dict[str, int]
    counter: Counter | None  # None: moved none
    returned: int = 0

    @property
    def remaining(self) -> int:
        return self.quantity - self.returned


@dataclass(slots=True)
class Held:
    """Copies of one sale that a reserve on units holds, until the period of that place begins."""

    sale: Sale
    covering: Covering
    reserve: str
    quantity: int
    release_place: int


@dataclass(frozen=True, slots=True)
class HeldReturn:
    """Copies that came back while a reserve on units held them: nobody was paid for them, nobody gives back."""

    reserve: str
    copies: int


@dataclass(frozen=True, slots=True)
class Movement:
    """What changes a payee's money besides lines, and from what. `amount_minor` is signed as the payee sees it."""

    period: str
    kind: str  # guarantee, reserve_held, reserve_released, advance_recouped
    source: str
    contract: str
    payee: str
    currency: str
    amount_minor: int
    question: str
    inputs: Any
    note: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One payee, currency and period."""

    period: Period
    payee: str
    currency: str
    opening_minor: int
    closing_minor: int
    lines: tuple[Line, ...]
    movements: tuple[Movement, ...]
    accounts: tuple[Mapping[str, Any], ...]
    escrow_minor: int
    payout: Mapping[str, Any] | None
    paid_minor: int


@dataclass(slots=True)
class World:
    scenario: Scenario
    counters: dict[Counter, Fraction] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    pools: list[Mapping[str, Any]] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))  # payee, currency
    line_ids: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def place_of(self, day: date) -> int | None:
        """Which period a day belongs to."""
        for place, period in enumerate(self.scenario.periods):
            if period.start <= day <= period.last_day:
                return place
        return None

    def name_line(self, *parts: str) -> str:
        """An id made of what the line is of; the second of the same parts gets a number."""
        name = "/".join(part for part in parts if part)
        self.line_ids[name] += 1
        return name if self.line_ids[name] == 1 else f"{name}/{self.line_ids[name]}"
