"""From prices, a coupon and tax rules to quotes. Pure: the caller has found them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.configuration.facts import PriceListFact, TaxRuleFact
from billing.money import MINOR_MAX
from billing.pricing import discounts
from billing.pricing.facts import CouponFact, PriceFact, Quote
from billing.pricing.tax import split_inclusive
from billing.references.facts import BookFact


class BadQuantity(ValueError):
    """Fewer than one, or so many that the amount leaves the ledger's range."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is asked for, with what was found about it."""

    book: BookFact
    price: PriceFact
    rule: TaxRuleFact
    quantity: int

    @property
    def gross_minor(self) -> int:
        """Before any discount."""
        return self.price.amount_minor * self.quantity


def compose(
    *,
    book: BookFact,
    price: PriceFact,
    rule: TaxRuleFact,
    quantity: int,
    country: str,
    at: datetime,
    coupon: CouponFact | None = None,
    price_list: PriceListFact | None = None,
) -> Quote:
    """The price of `quantity` pieces of one edition; see `compose_all`.

    :raises BadQuantity: see the exception.
    """
    lines = [Line(book, price, rule, quantity)]
    (quote,) = compose_all(lines=lines, country=country, at=at, coupon=coupon, price_list=price_list)
    return quote


def compose_all(
    *,
    lines: Sequence[Line],
    country: str,
    at: datetime,
    coupon: CouponFact | None = None,
    price_list: PriceListFact | None = None,
) -> tuple[Quote, ...]:
    """Each line with its discount and the tax inside what is left; net and taxes sum to the gross.

    The coupon has been found to count for this sale; lines it is not for keep their price.

    :raises BadQuantity: fewer than one, or beyond the ledger's range, in one line or together.
    """
    for line in lines:
        check_quantity(line)
    if sum(line.gross_minor for line in lines) > MINOR_MAX:
        raise BadQuantity("together the lines leave the ledger's range")
    taken_off = _taken_off(lines, coupon, price_list) if coupon else [0] * len(lines)
    return tuple(
        _quote(line, discount, coupon, country=country, at=at) for line, discount in zip(lines, taken_off, strict=True)
    )


def check_quantity(line: Line) -> None:
    """
    :raises BadQuantity: see the exception.
    """
    if line.quantity < 1 or line.gross_minor > MINOR_MAX:
        raise BadQuantity(f"{line.quantity} times {line.price.amount_minor} {line.price.currency} cannot be sold")


def _taken_off(lines: Sequence[Line], coupon: CouponFact, price_list: PriceListFact | None) -> Sequence[int]:
    covered = [discounts.covers(coupon, line.book.edition_ref) for line in lines]
    if coupon.amount_minor:
        grosses = [line.gross_minor if covers else 0 for line, covers in zip(lines, covered, strict=True)]
        return discounts.amount_off(grosses, coupon.amount_minor)
    return [
        discounts.percent_off(
            unit_minor=line.price.amount_minor, quantity=line.quantity, rate=coupon.rate, price_list=price_list
        )
        if covers
        else 0
        for line, covers in zip(lines, covered, strict=True)
    ]


def _quote(line: Line, discount_minor: int, coupon: CouponFact | None, *, country: str, at: datetime) -> Quote:
    gross = line.gross_minor - discount_minor
    split = split_inclusive(gross, [(rate.code, rate.rate) for rate in line.rule.rates])
    return Quote(
        edition_ref=line.book.edition_ref,
        title=line.book.title,
        product_kind=line.book.kind,
        quantity=line.quantity,
        country=country,
        currency=line.price.currency,
        unit_minor=line.price.amount_minor,
        gross_minor=gross,
        net_minor=split.net_minor,
        tax_lines=split.lines,
        tax_rule_ref=line.rule.ref,
        tax_reference=line.rule.legal_reference,
        tax_mention=line.rule.mention,
        price_ref=line.price.ref,
        quoted_at=at,
        discount_minor=discount_minor,
        coupon_ref=coupon.id if coupon else "",
        coupon_code=coupon.code if coupon else "",
    )
