"""What things cost, when, where, and with which coupon."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from babel.numbers import get_territory_currencies
from django.db.models import Q

import billing.configuration.queries as configuration
import billing.references.queries as references
from billing.pricing import discounts, quoting
from billing.pricing.discounts import Refusal
from billing.pricing.facts import CouponFact, PriceFact, Quote, RedemptionFact
from billing.pricing.models import Coupon, Price, Redemption

ANYWHERE = "*"


class NoPrice(Exception):
    """The edition is not sold there in that currency at that moment."""


class NoSuchCoupon(Exception):
    """No coupon has that id."""


class CouponRefused(Exception):
    """The coupon does not count for this sale; `reason` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


def currency_of(country: str) -> str:
    """The currency people pay with in `country` (CLDR): XOF in Senegal.

    :raises NoPrice: no such country.
    """
    currencies = get_territory_currencies(country)
    if not currencies:
        raise NoPrice(f"{country!r} is no country with a currency")
    return str(currencies[0])


def prices(*, edition_refs: Collection[str], country: str, at: datetime) -> Mapping[str, tuple[PriceFact, ...]]:
    """Every price that holds in `country`, by edition; the country's own price hides the one for anywhere.

    Editions without a price have an empty tuple. The country's currency comes first.
    """
    rows = Price.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=at),
        edition_ref__in=set(edition_refs),
        country__in=(country, ANYWHERE),
        valid_from__lte=at,
    )
    by_edition: dict[str, list[PriceFact]] = defaultdict(list)
    for row in rows:
        by_edition[row.edition_ref].append(row.as_fact())
    local = next(iter(get_territory_currencies(country)), None)
    return {ref: _own_before_anywhere(by_edition[ref], local) for ref in edition_refs}


def line(
    *,
    edition_ref: str,
    country: str,
    currency: str | None = None,
    quantity: int = 1,
    customer_kind: str = "person",
    at: datetime,
) -> quoting.Line:
    """What was found about `quantity` pieces for such a customer in `country` now; several make `quote_lines`.

    :raises UnknownBook: the edition has not reached billing.
    :raises NoPrice: it is not sold there in that currency (the country's own, when none is given).
    :raises NoTaxRule: nobody has said which tax such a sale bears.
    :raises BadQuantity: fewer than one, or beyond the ledger's range.
    """
    book = references.book(edition_ref)
    wanted = currency or currency_of(country)
    found = prices(edition_refs=[edition_ref], country=country, at=at)[edition_ref]
    price = next((one for one in found if one.currency == wanted), None)
    if price is None:
        raise NoPrice(f"{edition_ref} has no price in {country} in {wanted} at {at}")
    rule = configuration.tax_rule(country=country, product_kind=book.kind, customer_kind=customer_kind, at=at)
    asked = quoting.Line(book, price, rule, quantity)
    quoting.check_quantity(asked)
    return asked


def quote_lines(
    *,
    lines: Sequence[quoting.Line],
    country: str,
    at: datetime,
    coupon_code: str = "",
    owner_ref: str = "",
    period_number: int = 1,
) -> tuple[Quote, ...]:
    """What the lines cost together, with the tax inside, less what `owner_ref`'s coupon takes off.

    `period_number` counts a subscription's periods from 1. Whether the coupon still has uses left is only certain when
    it is redeemed (`operations.redeem`).

    :raises BadQuantity: together they leave the ledger's range.
    :raises CouponRefused: the coupon does not count for this sale.
    """
    if not coupon_code:
        return quoting.compose_all(lines=lines, country=country, at=at)
    currency = lines[0].price.currency
    coupon = usable_coupon(
        code=coupon_code,
        owner_ref=owner_ref,
        subject_refs=[line.book.edition_ref for line in lines],
        country=country,
        currency=currency,
        period_number=period_number,
        at=at,
    )
    endings = configuration.price_list(country=country, currency=currency, at=at)
    return quoting.compose_all(lines=lines, country=country, at=at, coupon=coupon, price_list=endings)


def quote(
    *,
    edition_ref: str,
    country: str,
    currency: str | None = None,
    quantity: int = 1,
    at: datetime,
    coupon_code: str = "",
    owner_ref: str = "",
) -> Quote:
    """What `quantity` pieces cost a person in `country` now, with the tax inside; see `line` and `quote_lines`.

    :raises UnknownBook, NoPrice, NoTaxRule, BadQuantity: see `line`.
    :raises CouponRefused: the coupon does not count for this sale.
    """
    asked = line(edition_ref=edition_ref, country=country, currency=currency, quantity=quantity, at=at)
    (only,) = quote_lines(lines=[asked], country=country, at=at, coupon_code=coupon_code, owner_ref=owner_ref)
    return only


def usable_coupon(
    *,
    code: str,
    owner_ref: str,
    subject_refs: Sequence[str],
    country: str,
    currency: str,
    period_number: int = 1,
    at: datetime,
) -> CouponFact:
    """`owner_ref`'s coupon of that code, found to count for a sale of these editions or plans.

    :raises CouponRefused: it does not, and why.
    """
    row = Coupon.objects.filter(owner_ref=owner_ref, code=spelled_code(code)).first()
    if row is None:
        raise CouponRefused(Refusal.UNKNOWN)
    coupon = row.as_fact()
    reason = discounts.refusal(
        coupon,
        subject_refs=subject_refs,
        country=country,
        currency=currency,
        period_number=period_number,
        at=at,
    )
    if reason is None and coupon.uses_max is not None and coupon.uses_count >= coupon.uses_max:
        reason = Refusal.USED_UP
    if reason is not None:
        raise CouponRefused(reason)
    return coupon


def coupons_of(*, owner_ref: str, limit: int, before: str | None = None) -> tuple[CouponFact, ...]:
    """The owner's coupons, newest first; `before` is the last id of the page before."""
    found = Coupon.objects.filter(owner_ref=owner_ref)
    if before is not None:
        found = found.filter(id__lt=before)
    return tuple(row.as_fact() for row in found.order_by("-id")[:limit])


def coupon(coupon_ref: str) -> CouponFact:
    """
    :raises NoSuchCoupon: no coupon has that id.
    """
    row = Coupon.objects.filter(pk=coupon_ref).first()
    if row is None:
        raise NoSuchCoupon(coupon_ref)
    return row.as_fact()


def coupon_named(*, owner_ref: str, code: str) -> CouponFact:
    """
    :raises NoSuchCoupon: the owner has none of that code.
    """
    row = Coupon.objects.filter(owner_ref=owner_ref, code=spelled_code(code)).first()
    if row is None:
        raise NoSuchCoupon(spelled_code(code))
    return row.as_fact()


def redemption_of(holder_ref: str) -> RedemptionFact | None:
    """What became of the coupon on that invoice or subscription; None where there is none."""
    row = Redemption.objects.filter(holder_ref=holder_ref).first()
    return row.as_fact() if row else None


def spelled_code(code: str) -> str:
    """A code as it is kept: people type small letters and spaces."""
    return "".join(code.split()).upper()


def _own_before_anywhere(found: Iterable[PriceFact], local_currency: str | None) -> tuple[PriceFact, ...]:
    by_currency: dict[str, PriceFact] = {}
    for price in sorted(found, key=lambda price: price.country != ANYWHERE):
        by_currency[price.currency] = price
    return tuple(sorted(by_currency.values(), key=lambda price: (price.currency != local_currency, price.currency)))
