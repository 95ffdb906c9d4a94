"""From a price and a tax rule to a quote. Pure: the caller has found both."""

from datetime import datetime

from billing.configuration.facts import TaxRuleFact
from billing.money import MINOR_MAX
from billing.pricing.facts import PriceFact, Quote
from billing.pricing.tax import split_inclusive
from billing.references.facts import BookFact


class BadQuantity(ValueError):
    """Fewer than one, or so many that the amount leaves the ledger's range."""


def compose(*, book: BookFact, price: PriceFact, rule: TaxRuleFact, quantity: int, country: str, at: datetime) -> Quote:
    """The price of `quantity` pieces with the tax inside; net and taxes sum to the gross.

    :raises BadQuantity: see the exception.
    """
    gross = price.amount_minor * quantity
    if quantity < 1 or gross > MINOR_MAX:
        raise BadQuantity(f"{quantity} times {price.amount_minor} {price.currency} cannot be sold")
    split = split_inclusive(gross, [(rate.code, rate.rate) for rate in rule.rates])
    return Quote(
        edition_ref=book.edition_ref,
        title=book.title,
        product_kind=book.kind,
        quantity=quantity,
        country=country,
        currency=price.currency,
        unit_minor=price.amount_minor,
        gross_minor=gross,
        net_minor=split.net_minor,
        tax_lines=split.lines,
        tax_rule_ref=rule.ref,
        tax_reference=rule.legal_reference,
        price_ref=price.ref,
        quoted_at=at,
    )
