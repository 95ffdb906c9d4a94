"""From one sale, share of pool, or refund to each payee's whole minor units. Pure.

base → currency of the contract → slices of the ladder → royalty, rounded once (half away from zero) → claims of the
split. What is returned leaves by the tier, rate and exchange it entered with, and never takes back more than was given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from billing.money import allocate, round_half_up
from royalties.rules import bases, shares, splits, tiers
from royalties.rules.bases import Base, Basis, Deduction, Sale, Step
from royalties.rules.refusals import BadTerms, ReturnsExceedSales
from royalties.rules.shares import Share
from royalties.rules.splits import SplitStep
from royalties.rules.tiers import Ladder, Slice


@dataclass(frozen=True, slots=True)
class Exchange:
    """A rate with where it comes from. `factor` turns minor units into minor units."""

    base: str
    quote: str
    factor: Fraction
    rate: Fraction  # units of `quote` for one `base`
    on_date: date
    source: str


@dataclass(frozen=True, slots=True)
class LineQuestion:
    """Everything the royalty of one sale or one share of a pool depends on."""

    basis: Basis
    ladder: Ladder
    counter: Fraction
    splits: tuple[SplitStep, ...]
    sale: Sale | None = None
    share: Share | None = None
    deductions: tuple[Deduction, ...] = ()
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The answer, with every step. Money in minor units; of the sale's currency in `base`, the contract's after it."""

    base: Base
    slices: tuple[Slice, ...]
    exact_minor: Fraction
    royalty_minor: int
    parts: Mapping[str, int]

    @property
    def counted(self) -> Fraction:
        """How far the line moved its counter."""
        return tiers.moved(self.slices)


def compute(question: LineQuestion) -> Line:
    """What the sale or share owes each payee; the parts always sum to the royalty.

    :raises Refused: the terms need what the sale does not have, or more is returned than was sold.
    """
    base, units = _base(question)
    factor = question.exchange.factor if question.exchange else Fraction(1)
    line = tiers.Line(units, base.before_tax_minor * factor, base.base_minor * factor)
    cut = tiers.slices(question.ladder, line, question.counter)
    exact = tiers.royalty(cut)
    royalty = round_half_up(exact)
    return Line(base, cut, exact, royalty, splits.divide(royalty, question.splits))


def _base(question: LineQuestion) -> tuple[Base, Fraction]:
    if (question.sale is None) == (question.share is None):
        raise BadTerms("a line is of a sale or of a share of a pool")
    if question.share is not None:
        amount = shares.minor(question.share)
        return Base((Step("pool_share", "", amount),), amount, amount, amount), question.share.counted
    assert question.sale is not None
    return bases.of_sale(question.sale, question.basis, question.deductions), Fraction(question.sale.quantity)


@dataclass(frozen=True, slots=True)
class RefundQuestion:
    """Some copies of a line come back. `left` is what the line's payees still have of it."""

    original: LineQuestion
    returned_before: int
    returned_now: int
    left: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Refund:
    """What goes back: the slices (negative) that leave, and each payee's part (not positive)."""

    slices: tuple[Slice, ...]
    exact_minor: Fraction
    royalty_minor: int
    parts: Mapping[str, int]


def refund(question: RefundQuestion) -> Refund:
    """The mirror of what the copies brought, from the end of the line; the last copy takes whatever is left.

    :raises ReturnsExceedSales: more copies than the line still has.
    """
    sale = question.original.sale
    sold = sale.quantity if sale else 1
    before, after = question.returned_before, question.returned_before + question.returned_now
    if question.returned_now <= 0 or after > sold:
        raise ReturnsExceedSales(f"{question.returned_now} of {sold} are returned, {before} were before")
    cut = compute(question.original).slices
    kept_before = tiers.first_part(cut, Fraction(sold - before, sold))
    kept_after = tiers.first_part(cut, Fraction(sold - after, sold))
    leaving = _difference(kept_before, kept_after)
    exact = tiers.royalty(leaving)
    total = -sum(question.left.values())
    amount = total if after == sold else max(round_half_up(exact), total)
    return Refund(leaving, exact, amount, _given_back(amount, question))


def _difference(before: tuple[Slice, ...], after: tuple[Slice, ...]) -> tuple[Slice, ...]:
    """What `after` lacks of `before`, negative, the last slice first."""
    gone = []
    for place in reversed(range(len(before))):
        one = before[place]
        rest = after[place] if place < len(after) else Slice(one.rate, Fraction(0), Fraction(0), Fraction(0))
        if one.counted != rest.counted or one.base_minor != rest.base_minor:
            gone.append(
                Slice(
                    one.rate,
                    rest.counted - one.counted,
                    rest.base_minor - one.base_minor,
                    rest.royalty_minor - one.royalty_minor,
                )
            )
    return tuple(gone)


def _given_back(amount: int, question: RefundQuestion) -> dict[str, int]:
    if amount == -sum(question.left.values()):
        return {payee: -left for payee, left in question.left.items()}
    parts = splits.divide(amount, question.original.splits)
    if any(-part > question.left[payee] for payee, part in parts.items()):
        # By the split one would give back more than they were given: then by what each still has.
        return allocate(amount, question.left)
    return parts


@dataclass(frozen=True, slots=True)
class AdjustmentQuestion:
    """A line computed again after a verdict: what it was, and what it is now. None: there was none, there is none."""

    before: LineQuestion | None = None
    after: LineQuestion | None = None


def adjustment(question: AdjustmentQuestion) -> dict[str, int]:
    """What each payee gains or loses."""
    now = compute(question.after).parts if question.after else {}
    then = compute(question.before).parts if question.before else {}
    return {payee: now.get(payee, 0) - then.get(payee, 0) for payee in sorted({*now, *then})}
