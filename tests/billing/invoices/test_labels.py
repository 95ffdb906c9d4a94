"""The fixed words of papers: the same in all four languages."""

import re

import pytest

from billing.invoices import labels

_MARKS = re.compile(r"\{\w+\}")


class TestWords:
    @pytest.mark.parametrize("language", labels.LANGUAGES)
    def test_say_everything_with_the_same_marks_as_in_french(self, language):
        french, said = labels.words("fr"), labels.words(language)
        assert said.keys() == french.keys()
        for name, text in said.items():
            assert text.strip()
            assert sorted(_MARKS.findall(text)) == sorted(_MARKS.findall(french[name])), name

    def test_differ_between_languages(self):
        assert len({labels.words(language)["gross_total"] for language in labels.LANGUAGES}) == 4
