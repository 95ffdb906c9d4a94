"""Asking the dated configuration."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from billing.configuration.operations import load_reference, set_route
from billing.configuration.queries import NoRoute, NoSeller, NoTaxRule, business_date, route, routes, seller, tax_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def reference(at):
    load_reference(at=at)


class TestSeller:
    def test_is_plainly_a_demo(self, reference, at):
        for country in ("SN", "CI", "BJ", "CM", "FR"):
            found = seller(country=country, at=at)
            assert found.confidence == "demo"
            assert "démo" in found.name
            assert all("démo" in text for text in found.legal_mentions.values())

    def test_keeps_the_order_of_the_legal_mentions(self, reference, at):
        assert list(seller(country="SN", at=at).legal_mentions) == ["NINEA", "RCCM", "Régime"]

    def test_refuses_where_nobody_sells(self, reference, at):
        with pytest.raises(NoSeller):
            seller(country="BR", at=at)

    def test_refuses_before_the_first_day(self, reference):
        with pytest.raises(NoSeller):
            seller(country="SN", at=datetime(2019, 1, 1, tzinfo=UTC))


class TestTaxRule:
    @pytest.mark.parametrize(
        ("country", "rate"),
        [
            ("SN", "18/100"),
            ("CI", "18/100"),
            ("BJ", "18/100"),
            ("BF", "18/100"),
            ("ML", "18/100"),
            ("TG", "18/100"),
            ("NE", "19/100"),
            ("CM", "1925/10000"),
            ("GA", "19/100"),
            ("CG", "189/1000"),
            ("FR", "55/1000"),
        ],
    )
    def test_knows_the_rates_of_the_sheet(self, reference, at, country, rate):
        rule = tax_rule(country=country, product_kind="ebook", at=at)
        assert sum(one.rate for one in rule.rates) == Fraction(rate)
        assert rule.legal_reference

    def test_keeps_composite_taxes_apart(self, reference, at):
        rule = tax_rule(country="CM", product_kind="ebook", at=at)
        assert [(one.code, one.rate) for one in rule.rates] == [
            ("TVA", Fraction(175, 1000)),
            ("CAC", Fraction(175, 10000)),
        ]

    @pytest.mark.parametrize(
        "asked",
        [
            {"country": "BR", "product_kind": "ebook"},
            {"country": "SN", "product_kind": "tractor"},
            {"country": "SN", "product_kind": "ebook", "customer_kind": "company"},
        ],
    )
    def test_refuses_what_nobody_has_said(self, reference, at, asked):
        with pytest.raises(NoTaxRule):
            tax_rule(**asked, at=at)


class TestRoutes:
    def test_offers_wave_where_it_collects(self, reference, at):
        found, *_ = routes(country="SN", currency="XOF", at=at)
        assert (found.provider, found.entity, found.fee_rate) == ("wave", "coko-sn", Fraction(1, 100))

    def test_orders_by_priority(self, reference, at):
        set_route(
            provider="orange",
            market="SN",
            currency="XOF",
            entity="coko-sn",
            fee_rate=Fraction(2, 100),
            priority=5,
            confidence="low",
            valid_from=date(2026, 1, 1),
            changed_by="usr_operator",
            at=at,
        )
        assert [found.provider for found in routes(country="SN", currency="XOF", at=at)] == [
            "orange",
            "wave",
            "orange_sonatel",
        ]

    @pytest.mark.parametrize(("country", "currency"), [("SN", "EUR"), ("TG", "XOF")])
    def test_offers_nothing_where_nothing_is_configured(self, reference, at, country, currency):
        assert routes(country=country, currency=currency, at=at) == ()


class TestRoute:
    def test_finds_one(self, reference, at):
        assert route(provider="wave", market="CI", currency="XOF", at=at).entity == "coko-ci"

    def test_refuses_what_is_not_configured(self, reference, at):
        with pytest.raises(NoRoute):
            route(provider="wave", market="CI", currency="EUR", at=at)


class TestBusinessDate:
    def test_follows_the_platform_and_not_the_caller(self):
        assert business_date(datetime.fromisoformat("2027-01-01T01:30:00+02:00")) == date(2026, 12, 31)
