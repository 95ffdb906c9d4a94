"""Which part of each line of an invoice a credit note takes back. Pure.

The sum given back is known, net and tax apart, as the ledger has it. Each is shared over what is left of the lines, by
largest remainder: no line is ever credited more than it was invoiced, and what is wholly given back ends at zero,
however many credit notes it took.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from billing.invoices.facts import InvoiceItemFact
from billing.money import allocate
from billing.pricing.tax import TaxLine

Key = TypeVar("Key", bound=Hashable)


class MoreThanInvoiced(Exception):
    """A credit note would take back more than is left of its invoice, or nothing."""


@dataclass(frozen=True, slots=True)
class Credited:
    """What one or several credit notes take back of one line."""

    item_ref: str
    net_minor: int
    tax_lines: tuple[TaxLine, ...]

    @property
    def gross_minor(self) -> int:
        return self.net_minor + sum(tax.amount_minor for tax in self.tax_lines)


def share(
    *, items: Sequence[InvoiceItemFact], before: Sequence[Credited], net_minor: int, tax_minor: int
) -> tuple[Credited, ...]:
    """The lines of the next credit note, in the invoice's order; lines of which nothing is taken back are left out.

    :raises MoreThanInvoiced: see the exception.
    """
    nets = {item.id: item.net_minor for item in items}
    taxes = {(item.id, place): tax.amount_minor for item in items for place, tax in enumerate(item.tax_lines)}
    for one in before:
        nets[one.item_ref] -= one.net_minor
        for place, tax in enumerate(one.tax_lines):
            taxes[one.item_ref, place] -= tax.amount_minor
    net_shares, tax_shares = _shared(net_minor, nets), _shared(tax_minor, taxes)
    if not net_minor + tax_minor:
        raise MoreThanInvoiced("a credit note of nothing")
    lines = (
        Credited(
            item.id,
            net_shares[item.id],
            tuple(TaxLine(tax.code, tax.rate, tax_shares[item.id, place]) for place, tax in enumerate(item.tax_lines)),
        )
        for item in items
    )
    return tuple(line for line in lines if line.gross_minor)


def within(*, net_minor: int, tax_minor: int, net_left: int, tax_left: int) -> tuple[int, int]:
    """Net and tax of the same sum, moved so that neither is more than what is left of it.

    Refunds are rounded in the order they are granted; when one of several fails, the others may be a unit off.

    :raises MoreThanInvoiced: together they are more than is left.
    """
    gross = net_minor + tax_minor
    if gross > net_left + tax_left:
        raise MoreThanInvoiced(f"{gross} of which {net_left + tax_left} are left")
    net = min(max(net_minor, gross - tax_left), net_left)
    return net, gross - net


def _shared(total: int, left: Mapping[Key, int]) -> dict[Key, int]:
    if not 0 <= total <= sum(left.values()):
        raise MoreThanInvoiced(f"{total} of which {sum(left.values())} are left")
    return allocate(total, left) if total else dict.fromkeys(left, 0)
