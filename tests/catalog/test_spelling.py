"""One plain spelling for searching and for addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.spelling import plain, slug


class TestPlain:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Œuvres d’Élisa", "oeuvres d elisa"),
            ("ÉQUIANO", "equiano"),
            ("Ŋ, ñ et ë", "n n et e"),
            ("Rifâ’a at-Tahtâwî", "rifa a at tahtawi"),
            ("  ", ""),
        ],
    )
    def test_drops_accents_case_and_punctuation(self, text, expected):
        assert plain(text) == expected

    @given(st.text())
    def test_is_plain_already_the_second_time(self, text):
        assert plain(plain(text)) == plain(text)


class TestSlug:
    def test_parts_words_at_the_apostrophe(self):
        assert slug("L’Esclave d’Oran") == "l-esclave-d-oran"

    def test_is_empty_for_another_script(self):
        assert slug("المقدمة") == ""

    @given(st.text(max_size=200))
    def test_fits_an_address(self, text):
        assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))
        assert len(slug(text)) <= 80
