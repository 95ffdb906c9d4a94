"""What one title receives from one pool, and from what. Pure.

A share is a sum of portions: so much of a pot for so many pages of so many. The pool gives whole minor units by largest
remainder over its titles, and a title's units are divided the same way between what is payable and what waits for a
verdict.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from billing.money import allocate


class State(StrEnum):
    PAYABLE = "payable"
    QUARANTINED = "quarantined"  # counts in the division; its money waits in escrow
    VOID = "void"  # counts for nothing


@dataclass(frozen=True, slots=True)
class Portion:
    """`pot × counted ÷ total`. A pot is the pool, or what one reader brought to it."""

    pot_minor: Fraction
    counted: Fraction
    total: Fraction
    of: str = ""  # the reader whose money it is; empty: everybody's

    @property
    def exact(self) -> Fraction:
        return self.pot_minor * self.counted / self.total


@dataclass(frozen=True, slots=True)
class Share:
    """One title's share. Without a rank it is exact and not rounded (fees a title, hours)."""

    counted: Fraction  # pages, seconds or readers that count, of both states
    payable: tuple[Portion, ...]
    quarantined: tuple[Portion, ...]
    wanted: State
    rank: int | None = None  # among the pool's remainders, from 1
    missing: int | None = None  # units the pool had left for the largest remainders


def exact(portions: tuple[Portion, ...]) -> Fraction:
    """The portions together."""
    return sum((portion.exact for portion in portions), start=Fraction(0))


def whole(share: Share) -> Fraction:
    """The title's share of both states, in minor units; a whole number unless the pool is not a sum to divide."""
    claim = exact(share.payable) + exact(share.quarantined)
    if share.rank is None or share.missing is None:
        return claim
    return Fraction(claim.numerator // claim.denominator + (share.rank <= share.missing))


def minor(share: Share) -> Fraction:
    """The part of the wanted state."""
    both = {State.PAYABLE: exact(share.payable), State.QUARANTINED: exact(share.quarantined)}
    total = whole(share)
    if share.rank is None:
        return both[share.wanted]
    if not total:
        return Fraction(0)
    return Fraction(allocate(int(total), both)[share.wanted])
