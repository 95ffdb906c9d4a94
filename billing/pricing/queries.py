"""What things cost, when, where."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from babel.numbers import get_territory_currencies
from django.db.models import Q

import billing.configuration.queries as configuration
import billing.references.queries as references
from billing.pricing import quoting
from billing.pricing.facts import PriceFact, Quote
from billing.pricing.models import Price

ANYWHERE = "*"


class NoPrice(Exception):
    """The edition is not sold there in that currency at that moment."""


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


def quote(*, edition_ref: str, country: str, currency: str | None = None, quantity: int = 1, at: datetime) -> Quote:
    """What `quantity` pieces cost a person in `country` now, with the tax inside.

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
    rule = configuration.tax_rule(country=country, product_kind=book.kind, at=at)
    return quoting.compose(book=book, price=price, rule=rule, quantity=quantity, country=country, at=at)


def _own_before_anywhere(found: Iterable[PriceFact], local_currency: str | None) -> tuple[PriceFact, ...]:
    by_currency: dict[str, PriceFact] = {}
    for price in sorted(found, key=lambda price: price.country != ANYWHERE):
        by_currency[price.currency] = price
    return tuple(sorted(by_currency.values(), key=lambda price: (price.currency != local_currency, price.currency)))
