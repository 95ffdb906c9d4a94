"""Setting prices."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.money import parse
from billing.pricing.models import Price
from billing.pricing.operations import BackdatedPrice, NotAPrice, PriceAlreadyPlanned, set_price
from billing.pricing.queries import prices

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def price(amount, at, *, currency="XOF", country="SN", valid_from=None):
    return set_price(
        edition_ref="edn_1",
        country=country,
        currency=currency,
        amount=parse(amount, currency),
        at=at,
        valid_from=valid_from,
    )


def amounts(at, country="SN"):
    return [one.amount_minor for one in prices(edition_refs=["edn_1"], country=country, at=at)["edn_1"]]


class TestSetPrice:
    def test_closes_the_price_before(self, at):
        price("1500", at)
        price("1800", at + DAY)
        assert amounts(at) == [1500]
        assert amounts(at + DAY - timedelta(microseconds=1)) == [1500]
        assert amounts(at + DAY) == [1800]

    def test_gives_the_same_price_back_when_nothing_changes(self, at):
        assert price("1500", at).ref == price("1500", at + DAY).ref
        assert Price.objects.count() == 1

    def test_replaces_a_price_at_the_instant_it_began(self, at):
        price("1500", at)
        price("1600", at)
        assert amounts(at) == [1600]

    def test_plans_a_price_for_later(self, at):
        price("1500", at)
        price("900", at, valid_from=at + 7 * DAY)
        assert (amounts(at + DAY), amounts(at + 7 * DAY)) == ([1500], [900])

    def test_refuses_a_second_plan_before_the_first(self, at):
        price("1500", at)
        price("900", at, valid_from=at + 7 * DAY)
        with pytest.raises(PriceAlreadyPlanned):
            price("800", at, valid_from=at + 3 * DAY)
        assert (amounts(at + 3 * DAY), amounts(at + 7 * DAY)) == ([1500], [900])

    def test_refuses_to_begin_before_a_first_price_that_is_planned(self, at):
        price("900", at, valid_from=at + 7 * DAY)
        with pytest.raises(PriceAlreadyPlanned):
            price("800", at)

    def test_refuses_to_begin_in_the_past(self, at):
        with pytest.raises(BackdatedPrice):
            price("1500", at, valid_from=at - DAY)

    @pytest.mark.parametrize("amount", ["0", "-5"])
    def test_refuses_what_is_no_price(self, at, amount):
        with pytest.raises(NotAPrice):
            price(amount, at)

    def test_refuses_an_amount_in_another_currency(self, at):
        with pytest.raises(NotAPrice):
            set_price(edition_ref="edn_1", country="SN", currency="XOF", amount=parse("15", "EUR"), at=at)


class TestTable:
    def test_refuses_two_prices_at_once_whoever_writes(self, at):
        price("1500", at)
        row = Price.objects.get()
        row.pk = "prc_other"
        with pytest.raises(IntegrityError, match="price_no_overlap"), transaction.atomic():
            row.save(force_insert=True)

    @pytest.mark.parametrize(
        "change", [{"amount_minor": 1}, {"country": "CI"}, {"amount_minor": 2, "valid_to": "2027-01-01T00:00Z"}]
    )
    def test_refuses_to_edit_a_price(self, at, change):
        price("1500", at)
        with pytest.raises(DatabaseError, match="dated"), transaction.atomic():
            Price.objects.update(**change)

    def test_refuses_to_delete_a_price(self, at):
        price("1500", at)
        with pytest.raises(DatabaseError, match="dated"), transaction.atomic():
            Price.objects.all().delete()
