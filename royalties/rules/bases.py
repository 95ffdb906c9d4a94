"""What a rate applies to: the list price before tax, or net receipts with every deduction a named step. Pure.

All amounts are minor units of the sale's currency, of the whole line, exact and not rounded. French trade practice
counts on the list price before tax (SGDL, practical guide); digital platforms on receipts less tax, payment fee and
delivery by the megabyte (KDP, e-book royalties).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from royalties.rules.refusals import BadTerms


class Basis(StrEnum):
    LIST_PRICE = "list_price"
    NET_RECEIPTS = "net_receipts"
    POOL_SHARE = "pool_share"


class DeductionKind(StrEnum):
    TAX = "tax"  # every tax inside the price, each a step of its own
    DISCOUNT = "discount"  # the trade discount the sale names, of what is left so far
    PAYMENT_FEE = "payment_fee"  # what the sale's payment cost
    DELIVERY = "delivery"  # so much a megabyte and copy
    PERCENT = "percent"  # a percentage, of what is left so far or of the price
    COST = "cost"  # an amount the sale carries under this name


class PercentOf(StrEnum):
    LEFT = "left"  # what the deductions before left
    BEFORE_TAX = "before_tax"  # the price less its taxes
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Deduction:
    """One thing the contract lets the publisher take off before the rate."""

    kind: DeductionKind
    name: str
    rate: Fraction | None = None
    per_mb_minor: Fraction | None = None
    minimum_minor: Fraction | None = None  # of delivery, a copy
    currency: str = ""  # of a delivery tariff
    of: PercentOf = PercentOf.LEFT  # of a percentage

    def __post_init__(self) -> None:
        if (self.kind is DeductionKind.PERCENT) != (self.rate is not None):
            raise BadTerms(f"deduction {self.name}: a percentage has a rate, and nothing else has one")
        if (self.kind is DeductionKind.DELIVERY) != (self.per_mb_minor is not None):
            raise BadTerms(f"deduction {self.name}: delivery has a price a megabyte, and nothing else has one")


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax. Without an amount it is computed from the rate; a tax that was invoiced brings its amount."""

    name: str
    rate: Fraction
    amount_minor: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """The money of one sale line. A mirrored sale has every amount and the quantity negative."""

    quantity: int
    currency: str
    list_minor: Fraction  # at the list price
    paid_minor: Fraction  # what came in
    taxes: tuple[Tax, ...] = ()
    tax_included: bool = True
    fee_minor: Fraction = Fraction(0)
    costs: Mapping[str, Fraction] | None = None
    discount: Fraction | None = None
    size_mb: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the way from the price to the base."""

    kind: str
    name: str
    amount_minor: Fraction
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """What the rate applies to, and how it came about."""

    steps: tuple[Step, ...]
    before_tax_minor: Fraction  # what a counter by gross amount counts
    reached_minor: Fraction  # what is left after the last deduction
    base_minor: Fraction  # the same, but never of the other sign than the price

    @property
    def floored(self) -> bool:
        """Whether a loss was left with the publisher."""
        return self.base_minor != self.reached_minor


def of_sale(sale: Sale, basis: Basis, deductions: tuple[Deduction, ...] = ()) -> Base:
    """The base of one sale line. A list price has its tax taken off and nothing else.

    :raises BadTerms: a deduction needs what the sale does not have.
    """
    if basis is Basis.LIST_PRICE:
        return _walk(sale, sale.list_minor, (Deduction(DeductionKind.TAX, "tax"),))
    return _walk(sale, sale.paid_minor, deductions)


def _walk(sale: Sale, start: Fraction, deductions: tuple[Deduction, ...]) -> Base:
    steps: list[Step] = []
    left = start
    for deduction in deductions:
        taken = _steps(sale, deduction, start, left)
        steps.extend(taken)
        left += sum((step.amount_minor for step in taken), start=Fraction(0))
    before_tax = _before_tax(sale, start)
    # A small sale can cost more than it brings. Its author never owes for it, and a refund of it gives nothing back:
    # the sign of the base is the sign of the price, or the base is zero.
    base = left if left * start > 0 else Fraction(0)
    return Base((Step("price", "", start), *steps), before_tax, left, base)


def _steps(sale: Sale, deduction: Deduction, start: Fraction, left: Fraction) -> tuple[Step, ...]:
    kind, name = deduction.kind, deduction.name
    if kind is DeductionKind.TAX:
        return tuple(Step(kind, tax.name, -tax.amount_minor, tax.rate) for tax in _taxes(sale, start))
    if kind is DeductionKind.PERCENT:
        assert deduction.rate is not None
        of = {PercentOf.LEFT: left, PercentOf.BEFORE_TAX: _before_tax(sale, start), PercentOf.PRICE: start}
        return (Step(kind, name, -of[deduction.of] * deduction.rate, deduction.rate),)
    if kind is DeductionKind.DISCOUNT:
        if sale.discount is None:
            return ()
        return (Step(kind, name, -left * sale.discount, sale.discount),)
    if kind is DeductionKind.PAYMENT_FEE:
        return (Step(kind, name, -sale.fee_minor),)
    if kind is DeductionKind.DELIVERY:
        return (Step(kind, name, -_delivery(sale, deduction)),)
    return (Step(kind, name, -(sale.costs or {}).get(name, Fraction(0))),)


@dataclass(frozen=True, slots=True)
class _Tax:
    name: str
    rate: Fraction
    amount_minor: Fraction


def _taxes(sale: Sale, start: Fraction) -> tuple[_Tax, ...]:
    """Each tax inside the amount; none when the price is without tax. What was invoiced is the tax of what was paid."""
    if not sale.tax_included:
        return ()
    whole = 1 + sum(tax.rate for tax in sale.taxes)
    invoiced = start == sale.paid_minor
    return tuple(
        _Tax(
            tax.name,
            tax.rate,
            tax.amount_minor if invoiced and tax.amount_minor is not None else start * tax.rate / whole,
        )
        for tax in sale.taxes
    )


def _before_tax(sale: Sale, start: Fraction) -> Fraction:
    return start - sum((tax.amount_minor for tax in _taxes(sale, start)), start=Fraction(0))


def _delivery(sale: Sale, deduction: Deduction) -> Fraction:
    assert deduction.per_mb_minor is not None
    if sale.size_mb is None:
        raise BadTerms(f"deduction {deduction.name}: the edition has no size")
    if deduction.currency != sale.currency:
        raise BadTerms(f"deduction {deduction.name} is in {deduction.currency}, the sale in {sale.currency}")
    return sale.quantity * max(sale.size_mb * deduction.per_mb_minor, deduction.minimum_minor or Fraction(0))
