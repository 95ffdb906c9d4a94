"""Tax inside a price."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.tax import split_inclusive

RATES = st.lists(st.fractions(min_value=0, max_value=1, max_denominator=10_000), max_size=4).map(
    lambda rates: [(f"T{number}", rate) for number, rate in enumerate(rates)]
)


class TestSplitInclusive:
    def test_finds_1271_and_229_in_1500_at_18_percent(self):
        split = split_inclusive(1500, [("TVA", Fraction(18, 100))])
        assert (split.net_minor, [line.amount_minor for line in split.lines]) == (1271, [229])

    def test_splits_the_composite_tax_of_cameroon(self):
        split = split_inclusive(1500, [("TVA", Fraction(175, 1000)), ("CAC", Fraction(175, 10_000))])
        assert (split.net_minor, [line.amount_minor for line in split.lines]) == (1258, [220, 22])

    def test_leaves_everything_when_exempt(self):
        assert split_inclusive(1500, []).net_minor == 1500

    @given(gross=st.integers(0, 10**15), rates=RATES)
    def test_always_sums_to_the_gross(self, gross, rates):
        split = split_inclusive(gross, rates)
        assert split.net_minor + sum(line.amount_minor for line in split.lines) == gross
        assert split.net_minor >= 0
        assert all(line.amount_minor >= 0 for line in split.lines)

    @given(gross=st.integers(0, 10**15), rates=RATES)
    def test_rounds_the_net_by_half_a_unit_at_most(self, gross, rates):
        whole = sum((rate for _, rate in rates), Fraction(0))
        assert abs(split_inclusive(gross, rates).net_minor * (1 + whole) - gross) <= Fraction(1, 2) * (1 + whole)
