"""From price and rule to quote."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.configuration.facts import TaxRateFact, TaxRuleFact
from billing.pricing.facts import PriceFact
from billing.pricing.quoting import BadQuantity, compose
from billing.references.facts import BookFact

AT = datetime(2026, 11, 3, tzinfo=UTC)
BOOK = BookFact("edn_1", "bok_1", "Une si longue lettre", "fr", "ebook", ())


def rule(*rates: Fraction) -> TaxRuleFact:
    named = tuple(TaxRateFact(f"T{number}", rate) for number, rate in enumerate(rates))
    return TaxRuleFact("tax_1", "SN", "ebook", named, "art. 1", "high", date(2024, 1, 1))


def quote(*, unit: int = 1500, quantity: int = 1, rates: tuple[Fraction, ...] = (Fraction(18, 100),)):
    price = PriceFact("prc_1", "edn_1", "SN", "XOF", unit)
    return compose(book=BOOK, price=price, rule=rule(*rates), quantity=quantity, country="SN", at=AT)


class TestCompose:
    @given(
        unit=st.integers(1, 10**9),
        quantity=st.integers(1, 10_000),
        rates=st.lists(st.fractions(min_value=0, max_value=1, max_denominator=1000), max_size=3).map(tuple),
    )
    def test_gives_net_and_taxes_that_sum_to_the_gross(self, unit, quantity, rates):
        one = quote(unit=unit, quantity=quantity, rates=rates)
        assert one.gross_minor == unit * quantity
        assert one.net_minor + sum(line.amount_minor for line in one.tax_lines) == one.gross_minor
        assert one.tax_minor == sum(line.amount_minor for line in one.tax_lines)

    def test_carries_what_explains_it(self):
        one = quote()
        assert (one.title, one.tax_rule_ref, one.tax_reference, one.price_ref) == (
            "Une si longue lettre",
            "tax_1",
            "art. 1",
            "prc_1",
        )

    @pytest.mark.parametrize("quantity", [0, -1, 10**18])
    def test_refuses_quantities_that_cannot_be_sold(self, quantity):
        with pytest.raises(BadQuantity):
            quote(quantity=quantity)
