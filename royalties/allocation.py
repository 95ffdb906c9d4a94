"""What one sale line owes its authors, step by step. Pure.

gross − each tax = net; net − payment fee = net receipts; net receipts × rate = royalty, rounded once (half away from
zero) and split among the payees by largest remainder. A refund is the same sale with every sign turned, and gives
the mirror of every step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.money import allocate, round_half_up


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

    :raises billing.money.NothingToShareBy: no payee has a positive weight, or one has a negative one.
    """
    receipts = sale.net_minor - sale.fee_minor
    base = _without_loss(receipts, sale.gross_minor)
    exact = base * rate
    royalty = round_half_up(exact)
    return Computation(sale, receipts, base, rate, exact, royalty, dict(weights), allocate(royalty, weights))


def _without_loss(receipts_minor: int, gross_minor: int) -> int:
    # A small sale can cost more in fees than it brings in. Its author never owes for it, and a refund of it gives
    # nothing back: the sign of the base is the sign of the price, or the base is zero.
    return receipts_minor if receipts_minor * gross_minor > 0 else 0
