"""Ladders: the trade's usual tiers worked by hand, then what holds on every ladder."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.rules import tiers
from royalties.rules.refusals import BadTerms, ReturnsExceedSales
from royalties.rules.tiers import Ladder, Line, Tier, Trigger

# 10 % to 5,000 copies, 12.5 % to 10,000, 15 % after: reference sheet, section 1.1.
USUAL = (Tier(F(0), F("0.1")), Tier(F(5000), F("0.125")), Tier(F(10_000), F("0.15")))


def ladder(trigger: Trigger, *steps: tuple[str, str]) -> Ladder:
    return Ladder(trigger, tuple(Tier(F(above), F(rate)) for above, rate in steps))


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    starts = sorted(draw(st.sets(st.integers(1, 500), max_size=4)))
    rates = draw(st.lists(st.integers(1, 100), min_size=len(starts) + 1, max_size=len(starts) + 1))
    rungs = zip((0, *starts), rates, strict=True)
    return Ladder(draw(st.sampled_from(Trigger)), tuple(Tier(F(above), F(rate, 100)) for above, rate in rungs))


LINES = st.builds(
    lambda units, price, part: Line(F(units), F(units * price), F(units * price * part, 100)),
    st.integers(1, 300),
    st.integers(0, 50),
    st.integers(1, 100),
)
COUNTERS = st.fractions(0, 1000, max_denominator=20)


def mirror(line: Line) -> Line:
    return Line(-line.units, -line.gross_minor, -line.base_minor)


class TestSlices:
    def test_cut_a_line_at_both_thresholds(self):
        """Counter 4,200 and 7,300 units at 24.00: 800, 5,000 and 1,500 units, 22,320.00 (issue 6, proof)."""
        sold = Line(F(7300), F(7300 * 2400), F(7300 * 2400))
        cut = tiers.slices(Ladder(Trigger.UNITS, USUAL), sold, F(4200))
        assert [(part.counted, part.royalty_minor) for part in cut] == [
            (800, 192_000),
            (5000, 1_500_000),
            (1500, 540_000),
        ]
        assert tiers.royalty(cut) == 2_232_000

    def test_leave_the_whole_last_unit_before_a_threshold_in_its_tier(self):
        cut = tiers.slices(Ladder(Trigger.UNITS, USUAL), Line(F(1), F(100), F(100)), F(4999))
        assert [part.rate for part in cut] == [F("0.1")]

    def test_cut_by_gross_amount_in_proportion_of_the_base(self):
        """1,500 gross from 500: a third fills the tier to 1,000 and takes a third of the base along."""
        climbing = ladder(Trigger.GROSS, ("0", "1/10"), ("1000", "1/5"))
        cut = tiers.slices(climbing, Line(F(3), F(1500), F(1200)), F(500))
        assert [(part.counted, part.base_minor, part.royalty_minor) for part in cut] == [
            (500, 400, 40),
            (1000, 800, 160),
        ]

    def test_cut_by_royalty_earned_where_the_royalty_reaches_the_threshold(self):
        """10 % until 100 is earned, then 20 %: of 2,000 the first 1,000 earn the 100, the rest 200."""
        climbing = ladder(Trigger.EARNED, ("0", "1/10"), ("100", "1/5"))
        cut = tiers.slices(climbing, Line(F(1), F(2000), F(2000)), F(0))
        assert [(part.base_minor, part.royalty_minor, part.counted) for part in cut] == [
            (1000, 100, 100),
            (1000, 200, 200),
        ]

    @given(ladder=ladders(), units=st.integers(1, 60), price=st.integers(0, 50), counter=st.integers(0, 600))
    def test_earn_what_copy_by_copy_earns(self, ladder, units, price, counter):
        """Another way to the same figure: each copy by itself, at the rate of the tier it stands in."""
        by_units = Ladder(Trigger.UNITS, ladder.tiers)
        one_by_one = sum(
            price * next(tier.rate for tier in reversed(by_units.tiers) if tier.above <= place)
            for place in range(counter, counter + units)
        )
        line = Line(F(units), F(units * price), F(units * price))
        assert tiers.royalty(tiers.slices(by_units, line, F(counter))) == one_by_one

    @given(ladder=ladders(), line=LINES, counter=COUNTERS)
    def test_cover_the_whole_line(self, ladder, line, counter):
        cut = tiers.slices(ladder, line, counter)
        assert sum(part.base_minor for part in cut) == line.base_minor
        wanted = {
            Trigger.UNITS: line.units,
            Trigger.GROSS: line.gross_minor,
            Trigger.RECEIPTS: line.base_minor,
            Trigger.EARNED: tiers.royalty(cut),
        }
        assert tiers.moved(cut) == wanted[ladder.trigger]

    @given(ladder=ladders(), line=LINES, counter=COUNTERS)
    def test_of_what_was_sold_and_returned_are_exactly_zero_at_every_counter(self, ladder, line, counter):
        there = tiers.slices(ladder, line, counter)
        back = tiers.slices(ladder, mirror(line), counter + tiers.moved(there))
        if tiers.moved(there):  # a line that moves no counter leaves no trace of the tier
            assert tiers.royalty(there) + tiers.royalty(back) == 0
            assert tiers.moved(there) + tiers.moved(back) == 0

    @given(ladder=ladders(), line=LINES, counter=COUNTERS, cut_at=st.fractions(0, 1, max_denominator=50))
    def test_do_not_depend_on_how_a_sale_is_cut_into_lines(self, ladder, line, counter, cut_at):
        one, other = (
            Line(line.units * part, line.gross_minor * part, line.base_minor * part) for part in (cut_at, 1 - cut_at)
        )
        first = tiers.slices(ladder, one, counter)
        second = tiers.slices(ladder, other, counter + tiers.moved(first))
        whole = tiers.slices(ladder, line, counter)
        assert tiers.royalty(first) + tiers.royalty(second) == tiers.royalty(whole)

    @given(ladder=ladders(), line=LINES, counter=COUNTERS, cut_at=st.fractions(0, 1, max_denominator=50))
    def test_have_a_first_part_that_is_what_selling_less_would_have_been(self, ladder, line, counter, cut_at):
        less = Line(line.units * cut_at, line.gross_minor * cut_at, line.base_minor * cut_at)
        if not line.base_minor:
            return
        kept = tiers.first_part(tiers.slices(ladder, line, counter), cut_at)
        assert tiers.royalty(kept) == tiers.royalty(tiers.slices(ladder, less, counter))

    def test_refuse_to_take_back_more_than_the_counter_knows(self):
        with pytest.raises(ReturnsExceedSales):
            tiers.slices(Ladder(Trigger.UNITS, USUAL), Line(F(-11), F(-11), F(-11)), F(10))


class TestLadder:
    @pytest.mark.parametrize(
        "rungs",
        [[], [("1", "1/10")], [("0", "1/10"), ("0", "1/5")], [("0", "11/10")], [("0", "-1/10")]],
    )
    def test_refuses_tiers_that_do_not_climb_from_zero_or_rates_beyond_the_whole(self, rungs):
        with pytest.raises(BadTerms):
            ladder(Trigger.UNITS, *rungs)

    def test_refuses_a_tier_by_royalty_earned_that_can_never_be_left(self):
        with pytest.raises(BadTerms):
            ladder(Trigger.EARNED, ("0", "0"), ("100", "1/5"))
