"""How a royalty is divided among those it belongs to, in the order the contract declares. Pure.

An agent takes a percentage off the top, a translator one of the whole royalty, authors and illustrators share what is
left. Each step's claim is exact; the rounded royalty is given out once, by largest remainder over all claims, so no
payee is a whole unit away from the exact claim and the parts always sum to the royalty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from billing.money import allocate
from royalties.rules.refusals import BadTerms


class Of(StrEnum):
    """What a step's percentage is taken of."""

    GROSS = "gross"  # the whole royalty of the line
    REST = "rest"  # what the steps declared before left over
    SHARE = "share"  # by weight, with the other shares: everything that is left at the end


@dataclass(frozen=True, slots=True)
class SplitStep:
    """One payee's claim: a rate of the whole or of the rest, or a weight in what remains."""

    payee: str
    of: Of
    amount: Fraction  # a rate up to 1, or a weight
    role: str = ""


def refuse_bad_splits(steps: Sequence[SplitStep]) -> None:
    """
    :raises BadTerms: a claim is not positive, the percentages leave no room, or not all of the royalty is given out.
    """
    if not steps or any(step.amount <= 0 for step in steps):
        raise BadTerms("a split names payees, each with a positive part")
    if any(step.amount > 1 for step in steps if step.of is not Of.SHARE):
        raise BadTerms("a percentage of a royalty is at most 100 %")
    first_share = next((place for place, step in enumerate(steps) if step.of is Of.SHARE), len(steps))
    if any(step.of is not Of.SHARE for step in steps[first_share:]):
        raise BadTerms("those who share the rest are declared after those with a percentage")
    left = Fraction(1) - sum(_percentages(steps))
    if left < 0 or (left == 0) != (first_share == len(steps)):
        raise BadTerms(f"the percentages leave {left}: with shares something must remain, without them nothing")


def claims(steps: Sequence[SplitStep]) -> dict[str, Fraction]:
    """Each payee's exact part of the whole; they sum to one. A payee with several steps has their sum.

    :raises BadTerms: see `refuse_bad_splits`.
    """
    refuse_bad_splits(steps)
    percentages = _percentages(steps)
    left = Fraction(1) - sum(percentages)
    shares = [step for step in steps if step.of is Of.SHARE]
    whole = sum(step.amount for step in shares)
    parts = [*percentages, *(left * step.amount / whole for step in shares)]
    total: dict[str, Fraction] = {}
    for step, part in zip(steps, parts, strict=True):
        total[step.payee] = total.get(step.payee, Fraction(0)) + part
    return total


def divide(royalty_minor: int, steps: Sequence[SplitStep]) -> dict[str, int]:
    """Whole minor units for each payee; they sum to the royalty.

    :raises BadTerms: see `refuse_bad_splits`.
    """
    return allocate(royalty_minor, claims(steps))


def _percentages(steps: Sequence[SplitStep]) -> list[Fraction]:
    parts: list[Fraction] = []
    left = Fraction(1)
    for step in steps:
        if step.of is Of.SHARE:
            break
        part = step.amount if step.of is Of.GROSS else left * step.amount
        parts.append(part)
        left -= part
    return parts
