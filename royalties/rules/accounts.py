"""What becomes of a contract's earnings before they are payable: guarantees, reserves, recoupment. Pure.

In this order: what was earned → topped up to the guarantee → less a reserve, plus reserves whose time has come → less
what was overpaid before, less the advance. Money in minor units of the contract's currency. A payee's debt is carried
forward and recovered from later earnings of the same contract, or of those it is jointly accounted with; nothing is
ever claimed in cash, and an advance is kept whatever the sales.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from billing.money import allocate, round_half_up
from royalties.rules import splits
from royalties.rules.splits import SplitStep


@dataclass(frozen=True, slots=True)
class ReserveQuestion:
    """A part of what a payee earned in a period is held against returns."""

    rate: Fraction
    earned_minor: int


def reserve(question: ReserveQuestion) -> int:
    """What is held, rounded once; a period that earned nothing holds nothing."""
    return round_half_up(question.rate * max(question.earned_minor, 0))


@dataclass(frozen=True, slots=True)
class HeldUnitsQuestion:
    """A part of the copies sold in a period is not accounted for yet."""

    rate: Fraction
    sold: Mapping[str, int]  # sale → copies


def held_units(question: HeldUnitsQuestion) -> dict[str, int]:
    """Whole copies held of each sale: the period's total is rounded once, then given out by largest remainder."""
    total = round_half_up(question.rate * sum(question.sold.values()))
    return allocate(total, question.sold) if total else dict.fromkeys(question.sold, 0)


@dataclass(frozen=True, slots=True)
class RecoupQuestion:
    """A balance is recovered from what payees have available."""

    balance_minor: int
    available: Mapping[str, int]


def recoup(question: RecoupQuestion) -> dict[str, int]:
    """What each payee's earnings give: together no more than the balance, each no more than is available."""
    able = {payee: amount for payee, amount in question.available.items() if amount > 0}
    taken = min(question.balance_minor, sum(able.values(), start=0))
    return allocate(taken, able) if taken > 0 else {}


class GuaranteeKind(StrEnum):
    PER_PERIOD = "per_period"  # each period on its own; what was topped up is never taken back
    CUMULATIVE = "cumulative"  # all periods so far together; a good period makes up for an earlier top-up
    TOTAL = "total"  # once, for everything earned up to the last period of the term


@dataclass(frozen=True, slots=True)
class GuaranteeQuestion:
    """What a payee was promised at least. `earned_minor` and `promised_minor` are of the period, or of all so far."""

    kind: GuaranteeKind
    promised_minor: int
    earned_minor: int
    topped_up_before_minor: int = 0
    splits: tuple[SplitStep, ...] = ()  # whom a promise to all payees together is divided among


def top_up(question: GuaranteeQuestion) -> int:
    """What is added to the period's earnings: negative when a good period makes up for earlier top-ups.

    Larger of guarantee and share; never takes back more than was topped up.
    """
    gap = max(question.promised_minor - question.earned_minor, 0)
    if question.kind is not GuaranteeKind.CUMULATIVE:
        return gap
    return max(gap - question.topped_up_before_minor, -question.topped_up_before_minor)


def top_up_parts(question: GuaranteeQuestion) -> dict[str, int]:
    """The top-up of each payee it is divided among."""
    return splits.divide(top_up(question), question.splits)
