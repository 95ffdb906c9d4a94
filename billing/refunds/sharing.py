"""How much of a sale a refund takes back. Pure.

A refund of a part takes its part of the net and of the tax. Each is rounded so that all refunds together are what one
refund of their sum would have been: however a payment is given back, its net and tax end at zero.
"""

from dataclasses import dataclass
from fractions import Fraction

from billing.money import round_half_up


@dataclass(frozen=True, slots=True)
class Share:
    net_minor: int
    tax_minor: int


def share(*, gross_minor: int, net_minor: int, refunded_minor: int, amount_minor: int) -> Share:
    """The net and the tax of a refund of `amount_minor`, after `refunded_minor` was given back before.

    :raises ValueError: more than is left.
    """
    after = refunded_minor + amount_minor
    if not amount_minor > 0 or not refunded_minor >= 0 or after > gross_minor:
        raise ValueError(f"{amount_minor} of {gross_minor}, of which {refunded_minor} was given back")
    net = _net_of(after, gross_minor, net_minor) - _net_of(refunded_minor, gross_minor, net_minor)
    return Share(net, amount_minor - net)


def _net_of(part_minor: int, gross_minor: int, net_minor: int) -> int:
    return round_half_up(Fraction(part_minor * net_minor, gross_minor))
