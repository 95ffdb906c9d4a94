"""The order wallets are offered in."""

from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from billing.payments.choice import ENOUGH, Candidate, Record, level, ranked


def candidate(provider, *, resting=False, suggested=False, record=None, fee="1/100", priority=10) -> Candidate:
    return Candidate(provider, resting, suggested, record or Record(), Fraction(fee), priority)


def order(*candidates):
    return [one.provider for one in ranked(candidates)]


class TestRanked:
    def test_puts_the_payers_own_operator_first_and_a_silent_one_last(self):
        wave, orange, mtn = (
            candidate("wave", fee="0"),
            candidate("orange", suggested=True),
            candidate("mtn", resting=True),
        )
        assert order(mtn, wave, orange) == ["orange", "wave", "mtn"]
        assert order(candidate("orange", suggested=True, resting=True), wave) == ["wave", "orange"]

    def test_prefers_what_lately_succeeded_then_the_cheaper_then_the_configured(self):
        poor, good = Record(60, 40), Record(99, 1)
        assert order(candidate("a", record=poor, fee="0"), candidate("b", record=good)) == ["b", "a"]
        assert order(candidate("a", fee="2/100"), candidate("b", fee="1/100")) == ["b", "a"]
        assert order(candidate("a", priority=20), candidate("b", priority=10)) == ["b", "a"]

    def test_does_not_depend_on_the_order_it_is_given(self):
        several = [
            candidate("a"),
            candidate("b", suggested=True),
            candidate("c", resting=True),
            candidate("d", fee="0"),
        ]
        assert len({tuple(order(*way)) for way in permutations(several)}) == 1


class TestLevel:
    @given(st.integers(0, 500), st.integers(0, 500))
    def test_is_within_bounds_and_never_falls_with_a_success(self, succeeded, failed):
        now, better = level(Record(succeeded, failed)), level(Record(succeeded + 1, failed))
        assert 0 <= now <= 20
        if succeeded + failed >= ENOUGH:
            assert better >= now

    def test_says_nothing_before_there_is_enough(self):
        assert level(Record(0, ENOUGH - 1)) == 20
        assert level(Record(0, ENOUGH)) == 0
