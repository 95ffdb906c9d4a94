"""What one sale line owes its authors, step by step. Pure.

gross − each tax = net; net − payment fee = net receipts; net receipts × rate = royalty, rounded once (half away from
zero) and split among the payees by largest remainder. A refund is the same sale with every sign turned, and gives
the mirror of every step. The arithmetic is `royalties.rules`; this is how a sale of ours asks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.money import NothingToShareBy
from royalties.rules import bases, lines, tiers
from royalties.rules.bases import Basis, Deduction, DeductionKind
from royalties.rules.lines import LineQuestion
from royalties.rules.splits import Of, SplitStep

_NET = (Deduction(DeductionKind.TAX, "tax"), Deduction(DeductionKind.PAYMENT_FEE, "payment fee"))


class TaxesDoNotAddUp(ValueError):
    """Gross less the taxes is not the net the invoice was issued with."""


@dataclass(frozen=True, slots=True)
class Tax:
    """One named tax inside the price."""

    code: str
    rate: Fraction
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SaleAmounts:
    """The money of one paid line, in minor units of one currency. A refund carries negative amounts."""

    gross_minor: int
    net_minor: int
    taxes: tuple[Tax, ...]
    fee_minor: int

    def __post_init__(self) -> None:
        if self.gross_minor - sum(tax.amount_minor for tax in self.taxes) != self.net_minor:
            raise TaxesDoNotAddUp(f"{self.gross_minor} less its taxes is not {self.net_minor}")


@dataclass(frozen=True, slots=True)
class Computation:
    """Every step from the price to each payee's amount. Minor units, but for `exact_royalty`, which is not rounded."""

    sale: SaleAmounts
    receipts_minor: int  # net − fee; below zero when the fee is larger than the net
    base_minor: int  # what the rate applies to: receipts, or zero when the sale brought nothing in
    rate: Fraction
    exact_royalty: Fraction
    royalty_minor: int
    weights: Mapping[str, int]
    parts: Mapping[str, int]

    @property
    def floored(self) -> bool:
        """Whether a loss was left with the publisher."""
        return self.base_minor != self.receipts_minor


def compute(*, sale: SaleAmounts, rate: Fraction, weights: Mapping[str, int]) -> Computation:
    """What the sale owes each payee; the parts always sum to the royalty.

    :raises billing.money.NothingToShareBy: there is no payee.
    :raises royalties.rules.refusals.BadTerms: a weight is not positive, or the rate is not between 0 and 1.
    """
    if not weights:
        raise NothingToShareBy("a royalty needs a payee")
    done = lines.compute(_question(sale, rate, weights))
    return Computation(
        sale=sale,
        receipts_minor=int(done.base.reached_minor),
        base_minor=int(done.base.base_minor),
        rate=rate,
        exact_royalty=done.exact_minor,
        royalty_minor=done.royalty_minor,
        weights=dict(weights),
        parts=done.parts,
    )


def _question(sale: SaleAmounts, rate: Fraction, weights: Mapping[str, int]) -> LineQuestion:
    """The sale as the rules ask for it: invoiced taxes and the payment's fee come off, one rate applies to the rest."""
    direction = -1 if sale.gross_minor < 0 else 1
    amounts = bases.Sale(
        quantity=direction,
        currency="",
        list_minor=Fraction(sale.gross_minor),
        paid_minor=Fraction(sale.gross_minor),
        taxes=tuple(bases.Tax(tax.code, tax.rate, Fraction(tax.amount_minor)) for tax in sale.taxes),
        fee_minor=Fraction(sale.fee_minor),
    )
    return LineQuestion(
        basis=Basis.NET_RECEIPTS,
        deductions=_NET,
        ladder=tiers.flat(rate),
        counter=Fraction(max(-direction, 0)),  # what is refunded was sold
        splits=tuple(SplitStep(payee, Of.SHARE, Fraction(weight)) for payee, weight in weights.items()),
        sale=amounts,
    )
