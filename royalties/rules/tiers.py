"""Rates that climb with what was sold, in marginal slices. Pure.

A ladder's counter counts units, the amount before tax, receipts, or the royalty already earned. A line that crosses a
threshold is cut at it, by units and by money alike; what is returned goes down the same steps. Tiers such as
10 % to 5,000 copies, 12.5 % to 10,000 and 15 % after are the trade's usual ones.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from royalties.rules.refusals import BadTerms, ReturnsExceedSales


class Trigger(StrEnum):
    """What the counter counts. Money is in minor units of the contract's currency."""

    UNITS = "units"
    GROSS = "gross"  # before tax and deductions
    RECEIPTS = "receipts"  # what the rate applies to
    EARNED = "earned"  # the royalty itself, exact


@dataclass(frozen=True, slots=True)
class Tier:
    """A rate, from the counter's value `above` until the next tier's."""

    above: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Ladder:
    trigger: Trigger
    tiers: tuple[Tier, ...]
    opening: Fraction = Fraction(0)  # what the counter held before the first line known here

    def __post_init__(self) -> None:
        starts = [tier.above for tier in self.tiers]
        if not starts or starts[0] != 0 or any(one >= other for one, other in pairwise(starts)):
            raise BadTerms("tiers begin at zero and climb")
        if any(not 0 <= tier.rate <= 1 for tier in self.tiers):
            raise BadTerms("a rate is between 0 and 1")
        if self.trigger is Trigger.EARNED and any(tier.rate == 0 for tier in self.tiers[:-1]):
            raise BadTerms("a ladder by royalty earned never leaves a tier that earns nothing")
        if self.opening < 0:
            raise BadTerms("a counter does not open below zero")


@dataclass(frozen=True, slots=True)
class Line:
    """What one line adds to the counter, by trigger, and the base its rates apply to. Negative: a return."""

    units: Fraction
    gross_minor: Fraction
    base_minor: Fraction


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a line in one tier."""

    rate: Fraction
    counted: Fraction  # how far it moved the counter
    base_minor: Fraction
    royalty_minor: Fraction


def flat(rate: Fraction) -> Ladder:
    """One rate whatever was sold; the copies are counted all the same, so that no more comes back than went out."""
    return Ladder(Trigger.UNITS, (Tier(Fraction(0), rate),))


def slices(ladder: Ladder, line: Line, counter: Fraction) -> tuple[Slice, ...]:
    """The line cut at the thresholds it crosses, in the order it crosses them.

    :raises ReturnsExceedSales: a return would take the counter below zero.
    """
    if line.units < 0:
        return _down(ladder, line, counter)
    return _up(ladder, line, counter)


def royalty(cut: tuple[Slice, ...]) -> Fraction:
    """What the slices earn together, exact."""
    return sum((part.royalty_minor for part in cut), start=Fraction(0))


def moved(cut: tuple[Slice, ...]) -> Fraction:
    """How far the slices move the counter."""
    return sum((part.counted for part in cut), start=Fraction(0))


def first_part(cut: tuple[Slice, ...], part: Fraction) -> tuple[Slice, ...]:
    """The slices of the first `part` (0 to 1) of the line, as it was sold: what is returned leaves from the end.

    A line without a base is cut by what it counted.
    """
    by_base = any(piece.base_minor for piece in cut)
    sizes = [piece.base_minor if by_base else piece.counted for piece in cut]
    left = part * sum(sizes, start=Fraction(0))
    kept = []
    for piece, size in zip(cut, sizes, strict=True):
        share = min(left / size, Fraction(1)) if size else Fraction(0)
        if share > 0:
            kept.append(Slice(piece.rate, piece.counted * share, piece.base_minor * share, piece.royalty_minor * share))
        left -= size * share
    return tuple(kept)


def _up(ladder: Ladder, line: Line, counter: Fraction) -> tuple[Slice, ...]:
    left, at, cut = Fraction(1), counter, []
    while left > 0:
        place = max(index for index, tier in enumerate(ladder.tiers) if tier.above <= at)
        rate = ladder.tiers[place].rate
        speed = _speed(ladder.trigger, line, rate)
        take = left
        if place + 1 < len(ladder.tiers) and speed > 0:
            take = min(left, (ladder.tiers[place + 1].above - at) / speed)
        cut.append(Slice(rate, take * speed, take * line.base_minor, take * line.base_minor * rate))
        at += take * speed
        left -= take
    return tuple(cut)


def _down(ladder: Ladder, line: Line, counter: Fraction) -> tuple[Slice, ...]:
    left, at, cut = Fraction(1), counter, []
    while left > 0:
        place = max((index for index, tier in enumerate(ladder.tiers) if tier.above < at), default=0)
        rate = ladder.tiers[place].rate
        speed = -_speed(ladder.trigger, line, rate)
        take = left if speed == 0 else min(left, (at - ladder.tiers[place].above) / speed)
        if take <= 0:
            raise ReturnsExceedSales(f"{-line.units} are returned, more than the counter of {counter} knows of")
        cut.append(Slice(rate, -take * speed, take * line.base_minor, take * line.base_minor * rate))
        at -= take * speed
        left -= take
    return tuple(cut)


def _speed(trigger: Trigger, line: Line, rate: Fraction) -> Fraction:
    """How far the whole line would move the counter, were all of it in a tier of that rate."""
    if trigger is Trigger.UNITS:
        return line.units
    if trigger is Trigger.GROSS:
        return line.gross_minor
    if trigger is Trigger.RECEIPTS:
        return line.base_minor
    return line.base_minor * rate
