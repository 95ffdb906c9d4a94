"""Proration: exact, conserved to the franc whatever the cuts."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.subscriptions.proration import NotWithin, stretch, through, unused

totals = st.integers(-(10**12), 10**12)
lengths = st.integers(1, 366)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[int, list[int]]:
    day_count = draw(lengths)
    inner = draw(st.lists(st.integers(0, day_count), max_size=12))
    return day_count, sorted({0, day_count, *inner})


class TestStretches:
    @given(total=totals, cut=cuts())
    def test_sum_to_the_whole_whatever_the_cuts(self, total, cut):
        day_count, ends = cut
        parts = [stretch(total, day_count=day_count, since=since, until=until) for since, until in pairwise(ends)]
        assert sum(parts) == total

    @given(total=totals, day_count=lengths)
    def test_of_one_day_differ_by_one_unit_at_most(self, total, day_count):
        parts = {stretch(total, day_count=day_count, since=day, until=day + 1) for day in range(day_count)}
        assert max(parts) - min(parts) <= 1

    @given(total=totals, cut=cuts())
    def test_of_a_negative_total_are_the_mirror(self, total, cut):
        day_count, (first, *_rest) = cut
        assert through(-total, day_count=day_count, days=first) == -through(total, day_count=day_count, days=first)


class TestUnused:
    def test_half_a_month_of_1500_is_750(self):
        assert unused(1500, day_count=30, used=15) == 750

    @given(total=totals, day_count=lengths, data=st.data())
    def test_and_used_make_the_whole_and_are_off_by_half_a_unit_at_most(self, total, day_count, data):
        used = data.draw(st.integers(0, day_count))
        left = unused(total, day_count=day_count, used=used)
        assert left + through(total, day_count=day_count, days=used) == total
        assert abs(left - Fraction(total * (day_count - used), day_count)) <= Fraction(1, 2)

    @pytest.mark.parametrize("used", [-1, 31])
    def test_days_outside_the_period_are_refused(self, used):
        with pytest.raises(NotWithin):
            unused(1500, day_count=30, used=used)
