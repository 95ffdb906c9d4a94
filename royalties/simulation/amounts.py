"""The money of a scenario's sale as the rules ask for it: taxes, parts of its copies, rates of exchange. Pure."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from billing import exchange
from billing.money import exponent
from royalties.rules import bases
from royalties.rules.lines import Exchange
from royalties.rules.refusals import NoExchangeRate, NoTaxRule
from royalties.rules.terms import Traits
from royalties.simulation.scenario import Sale, Scenario


def traits_of(scenario: Scenario, sale: Sale) -> Traits:
    book = scenario.books[sale.book]
    return Traits(
        book.id, book.format, book.language, sale.territory, sale.channel, sale.unit_list_minor, sale.currency
    )


def amounts_of(scenario: Scenario, sale: Sale, quantity: int) -> bases.Sale:
    part = Fraction(quantity, sale.quantity)
    taxes = _taxes(scenario, sale) if sale.taxes is None else sale.taxes
    return bases.Sale(
        quantity=quantity,
        currency=sale.currency,
        list_minor=sale.list_minor * part,
        paid_minor=sale.paid_minor * part,
        taxes=tuple(
            replace(tax, amount_minor=None if tax.amount_minor is None else tax.amount_minor * part) for tax in taxes
        ),
        tax_included=sale.tax_included,
        fee_minor=sale.fee_minor * part,
        costs={name: cost * part for name, cost in sale.costs.items()},
        discount=sale.discount,
        size_mb=scenario.books[sale.book].size_mb,
    )


def _taxes(scenario: Scenario, sale: Sale) -> tuple[bases.Tax, ...]:
    """By the file's VAT rules; a file without any has prices without tax.

    :raises NoTaxRule: it has some, and none fits.
    """
    if not scenario.vat_rules:
        return ()
    form = scenario.books[sale.book].format
    fitting = [
        rule.tax
        for rule in scenario.vat_rules
        if rule.country == sale.territory and rule.term.holds(sale.day) and (not rule.formats or form in rule.formats)
    ]
    if not fitting:
        raise NoTaxRule(f"no VAT rule for {form or 'a book'} in {sale.territory or 'no territory'} on {sale.day}")
    return tuple(fitting)


def exchange_of(scenario: Scenario, base: str, quote: str, day: date) -> Exchange | None:
    """None within one currency; else the latest rate of the file up to the day, or the parity that is law.

    :raises NoExchangeRate: there is no way from one currency to the other.
    """
    if base == quote:
        return None
    latest: dict[tuple[str, str], exchange.Leg] = {}
    for leg in scenario.exchange_legs:  # in order of their days
        if leg.on_date <= day:
            latest[leg.base, leg.quote] = leg
    # A rate of the file goes before the parity where it says the same pair.
    legs = [leg for leg in exchange.parities(day) if leg.ends not in latest] + list(latest.values())
    way = exchange.path(base, quote, legs)
    if way is None:
        raise NoExchangeRate(f"no rate from {base} to {quote} on {day}")
    fact = exchange.RateFact(base, quote, day, way)
    factor = fact.rate * Fraction(10) ** (exponent(quote) - exponent(base))
    return Exchange(base, quote, factor, fact.rate, fact.on_date, fact.text)
