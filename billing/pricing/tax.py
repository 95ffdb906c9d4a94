"""Tax inside a tax-inclusive price. Pure.

The net amount is rounded once; the tax is what is left (gross − net); several taxes share it by largest remainder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.money import allocate, round_half_up


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax of one line. `rate` is the exact fraction of the net amount, e.g. 18/100."""

    code: str
    rate: Fraction
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TaxSplit:
    net_minor: int
    lines: tuple[TaxLine, ...]


def split_inclusive(gross_minor: int, rates: Sequence[tuple[str, Fraction]]) -> TaxSplit:
    """Net and taxes inside `gross_minor`. 1 500 XOF at 18 % is 1 271 + 229; the parts always sum to the gross."""
    whole_rate = sum((rate for _, rate in rates), Fraction(0))
    if whole_rate == 0:
        return TaxSplit(gross_minor, tuple(TaxLine(code, rate, 0) for code, rate in rates))
    net = round_half_up(Fraction(gross_minor) / (1 + whole_rate))
    shares = allocate(gross_minor - net, dict(rates))
    return TaxSplit(net, tuple(TaxLine(code, rate, shares[code]) for code, rate in rates))
