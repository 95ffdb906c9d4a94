"""Keeping published rates and asking for them: exact, dated, named, and never made up."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.configuration.facts import PublishedRate, RecordedRates
from billing.configuration.models import ExchangeRate
from billing.configuration.operations import RatesDiffer, record_rates
from billing.configuration.queries import NoExchangeRate, rate
from billing.money import NotAnExactRate

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
SATURDAY, SUNDAY = FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=2)
PARITY = Fraction("655.957")


def published(base: str, quote: str, value: str, on: date = FRIDAY, **courses: Decimal) -> PublishedRate:
    return PublishedRate(base, quote, on, Decimal(value), **courses)


def record(*rates: PublishedRate, source: str = "ECB", at: datetime, correct: bool = False) -> RecordedRates:
    return record_rates(source=source, rates=rates, recorded_by="usr_finance", at=at, correct=correct)


def ask(base: str, quote: str, on: date = FRIDAY, *sources: str, **more):
    return rate(base=base, quote=quote, on=on, source_preference=sources or ("ECB",), **more)


@pytest.fixture
def dollar(at):
    record(published("EUR", "USD", "1.0512"), at=at)


class TestRecordRates:
    def test_keeps_them_with_who_when_and_which_file(self, at):
        rates = [published("EUR", "USD", "1.0512"), published("EUR", "GBP", "0.83245")]
        done = record_rates(source="ECB", rates=rates, recorded_by="usr_finance", at=at, file_sha256="ab" * 32)
        assert done == RecordedRates(new_count=2, corrected_count=0, known_count=0)
        row = ExchangeRate.objects.get(quote="USD")
        assert (row.rate, row.recorded_by, row.recorded_at, row.file_sha256) == (
            Decimal("1.0512"),
            "usr_finance",
            at,
            "ab" * 32,
        )

    def test_again_changes_nothing(self, dollar, at):
        later = at + timedelta(days=1)
        assert record(published("EUR", "USD", "1.05120"), at=later) == RecordedRates(0, 0, 1)
        assert ExchangeRate.objects.get().recorded_at == at

    def test_refuses_another_value_and_keeps_nothing_of_the_rest(self, dollar, at):
        wrong, fresh = published("EUR", "USD", "1.0513"), published("EUR", "GBP", "0.83245")
        with pytest.raises(RatesDiffer) as refused:
            record(fresh, wrong, at=at + timedelta(hours=1))
        assert refused.value.differences == ((wrong, Decimal("1.0512")),)
        assert ExchangeRate.objects.count() == 1

    def test_corrects_when_told_to_and_keeps_what_was_known_before(self, dollar, at):
        later = at + timedelta(days=1)
        assert record(published("EUR", "USD", "1.0521"), at=later, correct=True) == RecordedRates(0, 1, 0)
        assert ask("EUR", "USD").rate == Fraction("1.0521")
        assert ask("EUR", "USD", known_at=later).rate == Fraction("1.0521")
        assert ask("EUR", "USD", known_at=later - timedelta(seconds=1)).rate == Fraction("1.0512")
        with pytest.raises(NoExchangeRate):
            ask("EUR", "USD", known_at=at - timedelta(seconds=1))

    def test_corrects_a_course_whose_mean_stays(self, at):
        narrow = published("USD", "XOF", "565", buying=Decimal(564), selling=Decimal(566))
        wide = published("USD", "XOF", "565", buying=Decimal(560), selling=Decimal(570))
        record(narrow, source="BCEAO", at=at)
        with pytest.raises(RatesDiffer):
            record(wide, source="BCEAO", at=at + timedelta(hours=1))

    def test_keeps_sources_apart(self, dollar, at):
        assert record(published("EUR", "USD", "1.06"), source="BCEAO", at=at).new_count == 1

    def test_takes_a_whole_history(self, at, monkeypatch):
        monkeypatch.setattr("billing.configuration.operations._RATES_AT_ONCE", 7)
        rates = [published("EUR", "USD", f"1.{day:04}", FRIDAY - timedelta(days=day)) for day in range(1, 51)]
        assert record(*rates, at=at).new_count == 50
        late = published("EUR", "USD", "1.9999", FRIDAY - timedelta(days=1))  # in the last piece written
        first = published("EUR", "GBP", "0.8", FRIDAY - timedelta(days=90))
        with pytest.raises(RatesDiffer):
            record(first, *rates[1:], late, at=at + timedelta(hours=1))
        assert ExchangeRate.objects.count() == 50

    def test_refuses_decimals_that_the_table_would_round_away(self, at):
        with pytest.raises(NotAnExactRate):
            record(published("EUR", "USD", "1.0000000000001"), at=at)


class TestRate:
    def test_is_what_was_published_and_its_inverse(self, dollar):
        there, back = ask("EUR", "USD"), ask("USD", "EUR")
        assert (there.rate, there.on_date, there.source) == (Fraction("1.0512"), FRIDAY, "ECB")
        assert (back.rate, back.source) == (1 / Fraction("1.0512"), "ECB")

    @pytest.mark.parametrize("franc", ["XOF", "XAF"])
    def test_of_a_parity_needs_no_source(self, franc):
        found = rate(base="EUR", quote=franc, on=SATURDAY, source_preference=())
        assert (found.rate, found.on_date, found.source) == (PARITY, SATURDAY, "PEG")
        assert rate(base=franc, quote="EUR", on=SATURDAY, source_preference=()).rate == 1 / PARITY

    def test_of_one_franc_in_the_other_is_one(self):
        assert ask("XOF", "XAF").rate == ask("XAF", "XOF").rate == 1

    def test_before_the_parity_is_refused(self):
        with pytest.raises(NoExchangeRate):
            ask("EUR", "XOF", date(1998, 12, 31))

    def test_crosses_through_the_euro_with_both_legs_named(self, dollar, at):
        record(published("EUR", "GBP", "0.83245"), at=at)
        pounds = ask("USD", "GBP")
        assert pounds.rate == Fraction("0.83245") / Fraction("1.0512")
        assert [(leg.ends, leg.source) for leg in pounds.legs] == [(("USD", "EUR"), "ECB"), (("EUR", "GBP"), "ECB")]
        francs = ask("USD", "XOF")
        assert (francs.rate, francs.source, francs.on_date) == (PARITY / Fraction("1.0512"), "ECB+PEG", FRIDAY)

    def test_follows_the_preference(self, dollar, at):
        record(published("USD", "XOF", "565.25"), source="BCEAO", at=at)
        assert ask("USD", "XOF", FRIDAY, "BCEAO", "ECB").source == "BCEAO"
        assert ask("USD", "XOF", FRIDAY, "ECB", "BCEAO").source == "ECB+PEG"
        assert ask("USD", "XAF", FRIDAY, "BCEAO").rate == Fraction("565.25")
        with pytest.raises(NoExchangeRate):
            ask("USD", "XOF", FRIDAY, "BEAC")

    def test_never_crosses_two_sources(self, dollar, at):
        record(published("GHS", "XOF", "50"), source="BCEAO", at=at)
        with pytest.raises(NoExchangeRate):
            ask("USD", "GHS", FRIDAY, "ECB", "BCEAO")

    def test_never_crosses_two_days(self, dollar, at):
        record(published("EUR", "GBP", "0.83", FRIDAY - timedelta(days=1)), at=at)
        with pytest.raises(NoExchangeRate):
            ask("USD", "GBP", last_published_within_days=5)

    @pytest.mark.parametrize("on", [SATURDAY, SUNDAY, FRIDAY - timedelta(days=1)])
    def test_on_a_day_without_a_rate_is_refused(self, dollar, on):
        with pytest.raises(NoExchangeRate, match=str(on)):
            ask("EUR", "USD", on)

    def test_says_when_the_source_last_published(self, dollar):
        with pytest.raises(NoExchangeRate, match=r"Saturday.*last published on 2026-11-20"):
            ask("EUR", "USD", SATURDAY)

    def test_may_stand_in_for_the_weekend_only_when_asked_and_shows_it(self, dollar):
        found = ask("USD", "XOF", SUNDAY, last_published_within_days=2)
        assert (found.on_date, found.asked_on, found.days_old) == (FRIDAY, SUNDAY, 2)
        assert "2026-11-20" in found.text
        with pytest.raises(NoExchangeRate):
            ask("USD", "XOF", SUNDAY, last_published_within_days=1)

    def test_takes_the_latest_day_of_the_preferred_source(self, dollar, at):
        record(published("EUR", "USD", "1.04", FRIDAY - timedelta(days=1)), at=at)
        record(published("EUR", "USD", "1.06", SATURDAY), source="BCEAO", at=at)
        assert ask("EUR", "USD", SUNDAY, "ECB", "BCEAO", last_published_within_days=3).rate == Fraction("1.0512")

    def test_never_looks_ahead(self, at):
        record(published("EUR", "USD", "1.05", SATURDAY), at=at)
        with pytest.raises(NoExchangeRate):
            ask("EUR", "USD", FRIDAY, last_published_within_days=7)


class TestTable:
    @pytest.mark.parametrize("change", [{"rate": 2}, {"recorded_by": "x"}, {"correction": 1}])
    def test_refuses_to_edit_a_rate(self, dollar, change):
        with pytest.raises(DatabaseError, match="correction instead"), transaction.atomic():
            ExchangeRate.objects.update(**change)

    def test_refuses_to_delete_or_empty(self, dollar):
        with pytest.raises(DatabaseError, match="correction instead"), transaction.atomic():
            ExchangeRate.objects.all().delete()
        with pytest.raises(DatabaseError, match="correction instead"), transaction.atomic():
            connection.cursor().execute("TRUNCATE configuration_exchangerate")

    @pytest.mark.parametrize(
        ("correction", "delay"), [(0, 60), (2, 60), (1, 0), (1, -60)], ids=["again", "gap", "same moment", "earlier"]
    )
    def test_refuses_a_correction_out_of_order(self, dollar, at, correction, delay):
        with pytest.raises(DatabaseError, match="out of order"), transaction.atomic():
            insert(at, correction=correction, recorded_at=at + timedelta(seconds=delay))

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ({"rate": 0}, "positive"),
            ({"rate": -1}, "positive"),
            ({"base": "USD"}, "two_currencies"),
            ({"quote": "usd"}, "two_currencies"),
            ({"quote": "XOF"}, "not_the_law"),
            ({"base": "XAF", "quote": "XOF"}, "not_the_law"),
            ({"source": "PEG"}, "not_the_law"),
            ({"buying": 1}, "between_its_courses"),
            ({"selling": 2}, "between_its_courses"),
            ({"buying": "1.06", "selling": "1.07"}, "between_its_courses"),
            ({"buying": "1.06", "selling": "1.04"}, "between_its_courses"),
        ],
    )
    def test_refuses_what_is_no_rate(self, at, change, rule):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            insert(at, **change)

    def test_keeps_every_decimal(self, at):
        insert(at, rate=Decimal("1234567890123456.123456789012"))
        assert ExchangeRate.objects.get().rate == Decimal("1234567890123456.123456789012")


def insert(at: datetime, **change) -> None:
    """A row past the operation."""
    columns = {
        **{"source": "ECB", "base": "EUR", "quote": "USD", "on_date": FRIDAY, "rate": Decimal("1.05")},
        **{"recorded_at": at, "recorded_by": "usr_finance"},
    }
    ExchangeRate.objects.create(id=f"fxr_{ExchangeRate.objects.count()}", **{**columns, **change})
