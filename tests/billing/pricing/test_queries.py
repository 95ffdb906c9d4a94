"""Asking for prices and quotes."""

from datetime import UTC, datetime

import pytest

from billing.configuration.queries import NoTaxRule
from billing.money import parse
from billing.pricing.operations import set_price
from billing.pricing.queries import NoPrice, currency_of, prices, quote
from billing.references.queries import UnknownBook
from tests.factories import billing

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(at):
    billing.reference_world(at=at)


class TestQuote:
    def test_speaks_the_currency_of_the_country(self, world, at):
        one = quote(edition_ref=billing.EDITION, country="SN", at=at)
        assert (one.currency, one.gross_minor, one.net_minor, one.tax_minor) == ("XOF", 1500, 1271, 229)

    def test_splits_composite_taxes(self, world, at):
        one = quote(edition_ref=billing.EDITION, country="CM", at=at)
        assert one.currency == "XAF"
        assert [(line.code, line.amount_minor) for line in one.tax_lines] == [("TVA", 220), ("CAC", 22)]

    def test_falls_back_to_the_price_for_anywhere(self, world, at):
        one = quote(edition_ref=billing.EDITION, country="FR", quantity=2, at=at)
        assert (one.currency, one.unit_minor, one.gross_minor) == ("EUR", 499, 998)

    def test_takes_another_currency_on_request(self, world, at):
        assert quote(edition_ref=billing.EDITION, country="SN", currency="USD", at=at).gross_minor == 549

    def test_refuses_a_currency_without_a_price(self, world, at):
        with pytest.raises(NoPrice):
            quote(edition_ref=billing.EDITION, country="SN", currency="XAF", at=at)

    def test_refuses_a_country_without_a_price_rather_than_convert(self, world, at):
        with pytest.raises(NoPrice):
            quote(edition_ref=billing.EDITION, country="BJ", at=at)

    def test_refuses_a_moment_before_the_price(self, world):
        with pytest.raises(NoPrice):
            quote(edition_ref=billing.EDITION, country="SN", at=datetime(2026, 1, 1, tzinfo=UTC))

    def test_refuses_a_country_whose_tax_nobody_has_said(self, world, at):
        with pytest.raises(NoTaxRule):
            quote(edition_ref=billing.EDITION, country="BE", at=at)

    def test_refuses_a_book_that_has_not_reached_billing(self, world, at):
        with pytest.raises(UnknownBook):
            quote(edition_ref="edn_unknown", country="SN", at=at)


class TestPrices:
    def test_puts_the_country_currency_first_then_what_is_for_anywhere(self, world, at):
        found = prices(edition_refs=[billing.EDITION], country="SN", at=at)[billing.EDITION]
        assert [price.currency for price in found] == ["XOF", "EUR", "USD"]

    def test_lets_the_country_price_hide_the_one_for_anywhere(self, world, at):
        set_price(edition_ref=billing.EDITION, country="FR", currency="EUR", amount=parse("3.99", "EUR"), at=at)
        found = prices(edition_refs=[billing.EDITION], country="FR", at=at)[billing.EDITION]
        assert [(price.currency, price.amount_minor) for price in found] == [("EUR", 399), ("USD", 549)]

    def test_gives_nothing_for_an_edition_without_a_price(self, world, at):
        assert prices(edition_refs=["edn_other"], country="SN", at=at) == {"edn_other": ()}


class TestCurrencyOf:
    @pytest.mark.parametrize(("country", "currency"), [("SN", "XOF"), ("CI", "XOF"), ("CM", "XAF"), ("FR", "EUR")])
    def test_knows_the_money_of_a_country(self, country, currency):
        assert currency_of(country) == currency

    def test_refuses_what_is_no_country(self):
        with pytest.raises(NoPrice):
            currency_of("ZZ")
