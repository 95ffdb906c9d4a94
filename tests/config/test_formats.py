"""How figures are written: exact for every amount, in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from config import formats

MINOR = st.integers(-(2**63), 2**63 - 1)
CURRENCY = st.sampled_from(["XOF", "XAF", "EUR", "USD", "GHS", "TND"])
LANGUAGE = st.sampled_from(["fr", "en", "wo", "ar", "en-gb", "fr_SN"])


def plain(text: str) -> str:
    return text.replace(formats.NARROW, " ").replace(formats.NO_BREAK, " ").replace(formats.MINUS, "-")


class TestMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "french", "english"),
        [
            (1_500, "XOF", "1 500 F CFA", "1,500 F CFA"),
            (1_500, "XAF", "1 500 F CFA", "1,500 F CFA"),
            (-3_724, "XOF", "-3 724 F CFA", "-3,724 F CFA"),
            (0, "XOF", "0 F CFA", "0 F CFA"),
            (1_250, "EUR", "12,50 €", "€12.50"),
            (5, "EUR", "0,05 €", "€0.05"),
            (-5, "EUR", "-0,05 €", "-€0.05"),
            (1_299, "USD", "12,99 $US", "$12.99"),
            (123_456_789, "EUR", "1 234 567,89 €", "€1,234,567.89"),
            (1_500, "GHS", "15,00 GHS", "15.00 GHS"),
            (1_500, "TND", "1,500 TND", "1.500 TND"),
            (None, "XOF", "—", "—"),
        ],
    )
    def test_is_written_as_people_write_it(self, minor, currency, french, english):
        assert plain(formats.money(minor, currency, "fr")) == french
        assert plain(formats.money(minor, currency, "en")) == english

    def test_never_breaks_over_two_lines_and_has_a_true_minus(self):
        text = formats.money(-1_234_500, "XOF", "fr")
        assert text == "\u22121\u202f234\u202f500\u00a0F\u00a0CFA"

    @given(minor=MINOR, currency=CURRENCY, language=LANGUAGE)
    def test_keeps_every_digit(self, minor, currency, language):
        digits = "".join(character for character in formats.money(minor, currency, language) if character.isdigit())
        assert int(digits) == abs(minor)

    @given(minor=MINOR, currency=CURRENCY, language=LANGUAGE)
    def test_says_minus_only_for_less_than_nothing(self, minor, currency, language):
        text = formats.money(minor, currency, language)
        assert text.startswith(formats.MINUS) == (minor < 0)
        assert "-" not in text

    @given(minor=MINOR, currency=CURRENCY, language=LANGUAGE)
    def test_plain_is_the_same_figures(self, minor, currency, language):
        figures = formats.money_plain(minor, currency, language)
        assert figures.strip(formats.MINUS) in formats.money(minor, currency, language)


class TestCurrencyLabel:
    def test_tells_the_two_francs_apart(self):
        assert formats.currency_label("XOF") != formats.currency_label("XAF")


class TestPercent:
    @pytest.mark.parametrize(
        ("rate", "french", "english"),
        [
            (Fraction(18, 100), "18 %", "18%"),
            (Decimal("0.1925"), "19,25 %", "19.25%"),
            ("18/100", "18 %", "18%"),
            (1, "100 %", "100%"),
            (0, "0 %", "0%"),
            (Fraction(1, 3), "≈ 33,33 %", "≈ 33.33%"),
            (Fraction(-1, 8), "-12,5 %", "-12.5%"),
            (15, "1 500 %", "1,500%"),
            (None, "—", "—"),
        ],
    )
    def test_is_exact_or_says_it_is_not(self, rate, french, english):
        assert plain(formats.percent(rate, "fr")) == french
        assert plain(formats.percent(rate, "en")) == english

    def test_refuses_a_float(self):
        with pytest.raises(TypeError):
            formats.percent(0.18, "fr")

    @given(hundredths=st.integers(-(10**9), 10**9))
    def test_reads_back_as_the_same_rate(self, hundredths):
        rate = Fraction(hundredths, 10_000)
        text = plain(formats.percent(rate, "fr")).removesuffix(" %").replace(" ", "").replace(",", ".")
        assert Fraction(text) / 100 == rate


class TestDates:
    def test_are_written_out(self):
        assert plain(formats.date_long(date(2026, 11, 3), "fr")) == "3 novembre 2026"
        assert plain(formats.date_long(date(2026, 11, 3), "en")) == "3 November 2026"

    def test_say_the_first_as_the_french_do(self):
        assert plain(formats.date_long(date(2026, 11, 1), "fr")) == "1er novembre 2026"
        assert plain(formats.date_long(date(2026, 11, 11), "fr")) == "11 novembre 2026"

    def test_carry_the_time_of_their_zone(self):
        moment = datetime(2026, 11, 3, 23, 30, tzinfo=UTC).astimezone(ZoneInfo("Africa/Douala"))
        assert plain(formats.moment(moment, "fr")) == "4 nov. 2026 à 00:30"
        assert plain(formats.moment(moment, "en")) == "4 Nov 2026 at 00:30"

    def test_are_a_dash_when_missing(self):
        assert formats.date_long(None, "fr") == formats.moment(None, "fr") == "—"


class TestTags:
    @pytest.mark.parametrize(
        ("template", "french"),
        [
            ('{% money 1500 "XOF" %}', "1 500 F CFA"),
            ('{% money_plain 1500 "XOF" %}', "1 500"),
            ("{{ at|moment }}", "3 nov. 2026 à 14:12"),
            ("{{ at|date_long }}", "3 novembre 2026"),
            ("{{ day|date_long }}", "3 novembre 2026"),
            ("{{ rate|percent }}", "18 %"),
            ('{{ "XOF"|currency_label }}', "F CFA (XOF)"),
            ('{{ "+221771234567"|masked_phone }}', "+22177•••••67"),
            ('{{ ""|masked_phone }}', "—"),
        ],
    )
    def test_follow_the_language_of_the_page(self, at, template, french):
        context = {"at": at, "day": at.date(), "rate": Fraction(18, 100)}
        with translation.override("fr"):
            text = engines["django"].from_string("{% load coko_format %}" + template).render(context)
        assert plain(text) == french
