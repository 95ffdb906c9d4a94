"""Exact figures in words people read."""

from fractions import Fraction

import pytest

from royalties.explain import Step
from royalties.web import wording


@pytest.mark.usefixtures("french")
class TestExactAmount:
    @pytest.mark.parametrize(
        ("exact", "currency", "shown"),
        [
            (Fraction(4396, 5), "XOF", "879,2"),
            (Fraction(8444, 3), "XOF", "2814,6666…"),
            (Fraction(1000), "XOF", "1000"),
            (Fraction(12345, 8), "EUR", "15,43125"),
            (Fraction(0), "XOF", "0"),
        ],
    )
    def test_is_cut_and_says_so(self, exact, currency, shown):
        text = wording.exact_amount([Step("royalty", 0, exact=exact)], currency)
        assert "".join(text.split()) == shown


@pytest.mark.usefixtures("french")
class TestExactRate:
    @pytest.mark.parametrize(
        ("rate", "shown"),
        [("7/10", "70\u202f%"), ("1/8", "12,5\u202f%"), ("2/3", "2/3"), ("1/1", "100\u202f%"), ("1/80000", "1/80000")],
    )
    def test_is_a_percentage_only_when_that_is_exact(self, rate, shown):
        assert wording.exact_rate(Fraction(rate)) == shown
