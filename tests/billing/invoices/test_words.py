"""Amounts in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.words import BeyondWords, amount, spell


class TestSpell:
    @pytest.mark.parametrize(
        ("number", "french"),
        [
            (0, "zéro"),
            (1, "un"),
            (16, "seize"),
            (17, "dix-sept"),
            (20, "vingt"),
            (21, "vingt et un"),
            (22, "vingt-deux"),
            (61, "soixante et un"),
            (69, "soixante-neuf"),
            (70, "soixante-dix"),
            (71, "soixante et onze"),
            (72, "soixante-douze"),
            (79, "soixante-dix-neuf"),
            (80, "quatre-vingts"),
            (81, "quatre-vingt-un"),
            (88, "quatre-vingt-huit"),
            (90, "quatre-vingt-dix"),
            (91, "quatre-vingt-onze"),
            (99, "quatre-vingt-dix-neuf"),
            (100, "cent"),
            (101, "cent un"),
            (171, "cent soixante et onze"),
            (180, "cent quatre-vingts"),
            (200, "deux cents"),
            (201, "deux cent un"),
            (280, "deux cent quatre-vingts"),
            (999, "neuf cent quatre-vingt-dix-neuf"),
            (1000, "mille"),
            (1001, "mille un"),
            (1500, "mille cinq cents"),
            (1980, "mille neuf cent quatre-vingts"),
            (2000, "deux mille"),
            (21_000, "vingt et un mille"),
            (80_000, "quatre-vingt mille"),
            (80_080, "quatre-vingt mille quatre-vingts"),
            (100_000, "cent mille"),
            (200_000, "deux cent mille"),
            (200_200, "deux cent mille deux cents"),
            (281_000, "deux cent quatre-vingt-un mille"),
            (1_000_000, "un million"),
            (1_000_001, "un million un"),
            (80_000_000, "quatre-vingts millions"),
            (200_000_000, "deux cents millions"),
            (1_234_567, "un million deux cent trente-quatre mille cinq cent soixante-sept"),
            (1_000_000_000, "un milliard"),
            (2_001_000_000, "deux milliards un million"),
            (3 * 10**12, "trois billions"),
        ],
    )
    def test_writes_french_as_it_is_taught(self, number, french):
        assert spell(number, "fr") == french

    @pytest.mark.parametrize(
        ("number", "english"),
        [
            (0, "zero"),
            (13, "thirteen"),
            (21, "twenty-one"),
            (71, "seventy-one"),
            (80, "eighty"),
            (81, "eighty-one"),
            (100, "one hundred"),
            (101, "one hundred and one"),
            (200, "two hundred"),
            (999, "nine hundred and ninety-nine"),
            (1000, "one thousand"),
            (1001, "one thousand and one"),
            (1100, "one thousand one hundred"),
            (21_000, "twenty-one thousand"),
            (1_000_000, "one million"),
            (1_000_021, "one million and twenty-one"),
            (1_234_567, "one million two hundred and thirty-four thousand five hundred and sixty-seven"),
            (10**9, "one billion"),
            (10**12, "one trillion"),
        ],
    )
    def test_writes_english_as_it_is_taught(self, number, english):
        assert spell(number, "en") == english

    @given(first=st.integers(0, 10**15 - 1), second=st.integers(0, 10**15 - 1), language=st.sampled_from(["fr", "en"]))
    def test_gives_different_numbers_different_words(self, first, second, language):
        assert (spell(first, language) == spell(second, language)) == (first == second)

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_never_writes_two_of_the_first_twenty_thousand_alike(self, language):
        assert len({spell(number, language) for number in range(20_000)}) == 20_000

    @pytest.mark.parametrize("number", [-1, 10**15])
    def test_refuses_what_nobody_would_read(self, number):
        with pytest.raises(BeyondWords):
            spell(number, "fr")


class TestAmount:
    @pytest.mark.parametrize(
        ("minor", "currency", "language", "words"),
        [
            (0, "XOF", "fr", "zéro franc CFA"),
            (1, "XOF", "fr", "un franc CFA"),
            (1500, "XOF", "fr", "mille cinq cents francs CFA"),
            (1500, "XAF", "en", "one thousand five hundred CFA francs"),
            (0, "XOF", "en", "zero CFA francs"),
            (1_000_000, "XOF", "fr", "un million de francs CFA"),
            (1_000_200, "XOF", "fr", "un million deux cents francs CFA"),
            (2_000_000_000, "XOF", "fr", "deux milliards de francs CFA"),
            (1_000_000, "XOF", "en", "one million CFA francs"),
            (1250, "EUR", "fr", "douze euros et cinquante centimes"),
            (101, "EUR", "fr", "un euro et un centime"),
            (100, "USD", "en", "one dollar"),
            (1281, "USD", "en", "twelve dollars and eighty-one cents"),
            (1250, "MAD", "fr", "douze MAD et 50/100"),
            (1500, "XOF", "wo", "one thousand five hundred CFA francs"),
        ],
    )
    def test_names_the_currency_and_its_parts(self, minor, currency, language, words):
        assert amount(minor, currency, language) == words
