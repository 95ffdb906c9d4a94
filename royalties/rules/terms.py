"""Contract terms as data: dated versions, clauses with their scope, bases, ladders of rates, splits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from royalties.rules.bases import Basis, Deduction
from royalties.rules.refusals import AmbiguousTerms, BadTerms, NoTerms
from royalties.rules.splits import SplitStep
from royalties.rules.tiers import Ladder


class Kind(StrEnum):
    """What happened that an author may be owed for."""

    SALE = "sale"
    READING = "reading"
    TIP = "tip"
    PREMIUM = "premium"


class CounterScope(StrEnum):
    """Whose sales climb one ladder together."""

    CLAUSE = "clause"  # every edition the clause covers, through all versions of the contract
    EDITION = "edition"  # each edition on its own
    FORMAT = "format"  # each format on its own, through all clauses of the contract that say so
    CONTRACT = "contract"  # all clauses of the contract that say so
    SHARED = "shared"  # all clauses that name the same counter, of several contracts


@dataclass(frozen=True, slots=True)
class Traits:
    """What a sale is, as far as a clause may ask."""

    edition: str
    format: str = ""
    language: str = ""
    territory: str = ""
    channel: str = ""
    price_minor: Fraction | None = None  # of one copy
    currency: str = ""  # of the price


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sales a clause is for. An empty dimension admits everything."""

    editions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    price_from_minor: Fraction | None = None  # both ends belong to the band
    price_to_minor: Fraction | None = None

    def admits(self, what: Traits) -> bool:
        """Whether the sale is meant."""
        asked = (
            (self.editions, what.edition),
            (self.formats, what.format),
            (self.languages, what.language),
            (self.territories, what.territory),
            (self.channels, what.channel),
        )
        return all(not wanted or has in wanted for wanted, has in asked) and self._admits_price(what.price_minor)

    @property
    def dimensions(self) -> int:
        """How many things it asks: of two clauses that admit a sale, the one that asks more is meant."""
        named = (self.editions, self.formats, self.languages, self.territories, self.channels)
        has_band = self.price_from_minor is not None or self.price_to_minor is not None
        return sum(1 for wanted in named if wanted) + has_band

    def _admits_price(self, price_minor: Fraction | None) -> bool:
        low, high = self.price_from_minor, self.price_to_minor
        if low is None and high is None:
            return True
        if price_minor is None:
            return False
        return (low is None or low <= price_minor) and (high is None or price_minor <= high)


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a contract that pays something."""

    id: str
    kind: Kind
    scope: Scope
    basis: Basis
    deductions: tuple[Deduction, ...]
    ladder: Ladder
    counter: CounterScope
    counter_name: str = ""  # of a shared counter
    counter_per_period: bool = False  # the counter starts anew with each period
    text: str = ""

    def __post_init__(self) -> None:
        if (self.counter is CounterScope.SHARED) != bool(self.counter_name):
            raise BadTerms(f"clause {self.id}: a shared counter has a name, and no other has one")
        if (self.kind is Kind.READING) != (self.basis is Basis.POOL_SHARE):
            raise BadTerms(f"clause {self.id}: reading is paid by share of pool, and nothing else is")


@dataclass(frozen=True, slots=True)
class Version:
    """The terms from `valid_from` until the day before `valid_to`."""

    number: int
    valid_from: date
    valid_to: date | None
    clauses: tuple[Clause, ...]
    splits: tuple[SplitStep, ...]

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def clause_for(self, kind: Kind, what: Traits) -> Clause:
        """The most specific clause that admits it.

        :raises NoTerms: none does.
        :raises AmbiguousTerms: two are equally specific.
        """
        admitting = [clause for clause in self.clauses if clause.kind is kind and clause.scope.admits(what)]
        if not admitting:
            raise NoTerms(f"version {self.number} has no clause for a {kind} of {what.edition}")
        most = max(clause.scope.dimensions for clause in admitting)
        best = [clause for clause in admitting if clause.scope.dimensions == most]
        if len(best) > 1:
            named = ", ".join(clause.id for clause in best)
            raise AmbiguousTerms(f"version {self.number}: clauses {named} cover a {kind} of {what.edition} alike")
        return best[0]


def in_force(versions: Sequence[Version], on: date) -> Version:
    """The version that covers the day.

    :raises NoTerms: none does.
    """
    for version in versions:
        if version.covers(on):
            return version
    raise NoTerms(f"no version is in force on {on}")


def refuse_overlaps(versions: Sequence[Version]) -> None:
    """
    :raises BadTerms: two versions cover one day, or one covers none.
    """
    ordered = sorted(versions, key=lambda version: version.valid_from)
    for version in ordered:
        if version.valid_to is not None and version.valid_to <= version.valid_from:
            raise BadTerms(f"version {version.number} ends before it begins")
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to > later.valid_from:
            raise BadTerms(f"versions {earlier.number} and {later.number} overlap")
