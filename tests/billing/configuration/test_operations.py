"""Changing the dated configuration."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.configuration.facts import TaxRateFact
from billing.configuration.models import BillingConfiguration
from billing.configuration.operations import OverlappingValidity, load_reference, set_route, set_seller, set_tax_rule
from billing.configuration.queries import NoRoute, route, seller, tax_rule
from billing.configuration.reference import ROWS
from billing.configuration.values import BadRate

pytestmark = pytest.mark.django_db


def say_tax(percent, *, since, at, kind="ebook", country="SN"):
    return set_tax_rule(
        country=country,
        product_kind=kind,
        rates=[TaxRateFact("TVA", Fraction(percent, 100))],
        legal_reference=f"loi {percent}",
        confidence="high",
        valid_from=since,
        changed_by="usr_operator",
        at=at,
    )


def rate_on(day):
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return tax_rule(country="SN", product_kind="ebook", at=noon).rates[0].rate * 100


class TestSetTaxRule:
    def test_holds_from_its_first_day_and_closes_the_rule_before(self, at):
        say_tax(18, since=date(2026, 1, 1), at=at)
        say_tax(20, since=date(2027, 1, 1), at=at)
        assert (rate_on(date(2026, 12, 31)), rate_on(date(2027, 1, 1))) == (18, 20)

    def test_gives_the_same_row_when_nothing_changes(self, at):
        assert say_tax(18, since=date(2026, 1, 1), at=at) == say_tax(18, since=date(2026, 6, 1), at=at)

    def test_corrects_a_rule_on_the_day_it_began_and_keeps_the_evidence(self, at):
        say_tax(81, since=date(2026, 1, 1), at=at)
        say_tax(18, since=date(2026, 1, 1), at=at)
        assert rate_on(date(2026, 1, 1)) == 18
        assert BillingConfiguration.objects.count() == 2

    def test_refuses_a_rule_before_one_that_is_set(self, at):
        say_tax(18, since=date(2026, 1, 1), at=at)
        say_tax(20, since=date(2027, 1, 1), at=at)
        with pytest.raises(OverlappingValidity):
            say_tax(19, since=date(2026, 6, 1), at=at)
        with pytest.raises(OverlappingValidity):
            say_tax(17, since=date(2025, 1, 1), at=at)
        assert (rate_on(date(2026, 12, 31)), rate_on(date(2027, 1, 1))) == (18, 20)

    @pytest.mark.parametrize("percent", [-1, 101, 1800])
    def test_refuses_what_is_no_rate(self, at, percent):
        with pytest.raises(BadRate):
            say_tax(percent, since=date(2026, 1, 1), at=at)


class TestSetSeller:
    def test_changes_the_seller_from_a_day_on(self, at):
        load_reference(at=at)
        now = seller(country="SN", at=at)
        ivorian = seller(country="CI", at=at)
        set_seller(country="SN", seller=ivorian, valid_from=date(2027, 1, 1), changed_by="usr_operator", at=at)
        assert seller(country="SN", at=at) == now
        assert seller(country="SN", at=datetime(2027, 1, 1, tzinfo=UTC)) == ivorian


class TestSetRoute:
    def test_switches_a_wallet_off(self, at):
        load_reference(at=at)
        set_route(
            provider="wave",
            market="SN",
            currency="XOF",
            entity="coko-sn",
            fee_rate=Fraction(1, 100),
            priority=10,
            confidence="medium",
            valid_from=date(2026, 11, 1),
            changed_by="usr_operator",
            at=at,
            enabled=False,
        )
        with pytest.raises(NoRoute):
            route(provider="wave", market="SN", currency="XOF", at=at)


class TestLoadReference:
    def test_adds_everything_once(self, at):
        assert load_reference(at=at) == len(ROWS)
        assert load_reference(at=at) == 0
        assert BillingConfiguration.objects.count() == len(ROWS)

    def test_never_overrules_a_person(self, at):
        say_tax(12, since=date(2024, 7, 1), at=at)
        load_reference(at=at)
        assert rate_on(date(2026, 11, 3)) == 12


class TestTable:
    def test_refuses_two_values_on_one_day_whoever_writes(self, at):
        say_tax(18, since=date(2026, 1, 1), at=at)
        row = BillingConfiguration.objects.get()
        row.pk, row.valid_from = "tax_other", date(2026, 5, 1)
        with pytest.raises(IntegrityError, match="configuration_no_overlap"), transaction.atomic():
            row.save(force_insert=True)

    @pytest.mark.parametrize("change", [{"value": {}}, {"confidence": "low"}, {"value": {}, "valid_to": "2027-01-01"}])
    def test_refuses_to_edit_a_value(self, at, change):
        say_tax(18, since=date(2026, 1, 1), at=at)
        with pytest.raises(DatabaseError, match="dated"), transaction.atomic():
            BillingConfiguration.objects.update(**change)

    def test_refuses_to_delete_or_empty(self, at):
        say_tax(18, since=date(2026, 1, 1), at=at)
        with pytest.raises(DatabaseError, match="dated"), transaction.atomic():
            BillingConfiguration.objects.all().delete()
        with pytest.raises(DatabaseError, match="dated"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE configuration_billingconfiguration")

    def test_refuses_words_it_does_not_know(self, at):
        say_tax(18, since=date(2026, 1, 1), at=at)
        row = BillingConfiguration.objects.get()
        row.pk, row.subject, row.confidence = "tax_other", "audio/person", "certain"
        with pytest.raises(IntegrityError, match="confidence"), transaction.atomic():
            row.save(force_insert=True)
