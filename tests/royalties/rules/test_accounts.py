"""Guarantees, reserves, recoupment."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.rules import accounts
from royalties.rules.accounts import (
    GuaranteeKind,
    GuaranteeQuestion,
    HeldUnitsQuestion,
    RecoupQuestion,
    ReserveQuestion,
)

AMOUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(-1000, 5000), max_size=4)


class TestReserve:
    def test_holds_a_tenth_and_releases_it_a_period_later(self):
        """Earned 1,000 then 2,000, a tenth held one period: 900 and 1,900 (issue 6, proof)."""
        first, second = (accounts.reserve(ReserveQuestion(F("0.1"), earned)) for earned in (1000, 2000))
        assert (1000 - first, 2000 - second + first) == (900, 1900)

    def test_holds_nothing_of_a_loss(self):
        assert accounts.reserve(ReserveQuestion(F("0.1"), -500)) == 0


class TestHeldUnits:
    def test_rounds_the_period_once(self):
        assert accounts.held_units(HeldUnitsQuestion(F("0.1"), {"a": 12, "b": 13})) == {"a": 1, "b": 2}

    @given(sold=st.dictionaries(st.text("abc", min_size=1), st.integers(1, 500), min_size=1), rate=st.fractions(0, 1))
    def test_never_holds_more_than_was_sold(self, sold, rate):
        held = accounts.held_units(HeldUnitsQuestion(rate, sold))
        assert all(0 <= held[sale] <= copies for sale, copies in sold.items())


class TestRecoup:
    @pytest.mark.parametrize(
        ("balance", "available", "taken"),
        [
            (500, {"a": 300}, {"a": 300}),
            (200, {"a": 300}, {"a": 200}),
            (100, {"a": 60, "b": 40}, {"a": 60, "b": 40}),
            (50, {"a": 60, "b": 40}, {"a": 30, "b": 20}),
            (50, {"a": -60, "b": 40}, {"b": 40}),
            (0, {"a": 60}, {}),
        ],
    )
    def test_takes_the_balance_from_what_is_there(self, balance, available, taken):
        assert accounts.recoup(RecoupQuestion(balance, available)) == taken

    @given(balance=st.integers(0, 10_000), available=AMOUNTS)
    def test_takes_no_more_than_the_balance_and_than_each_has(self, balance, available):
        taken = accounts.recoup(RecoupQuestion(balance, available))
        able = sum(amount for amount in available.values() if amount > 0)
        assert sum(taken.values()) == min(balance, able)
        assert all(0 <= taken[payee] <= available[payee] for payee in taken)


class TestTopUp:
    def test_by_period_lifts_each_period_on_its_own(self):
        asked = [GuaranteeQuestion(GuaranteeKind.PER_PERIOD, 1000, earned) for earned in (600, 1500)]
        assert [accounts.top_up(question) for question in asked] == [400, 0]

    def test_cumulative_lets_a_good_period_make_up_for_a_bad_one(self):
        """Promised 1,000 a period: 600 is lifted to 1,000; with 1,500 next, 2,100 stand against 2,000."""
        first = accounts.top_up(GuaranteeQuestion(GuaranteeKind.CUMULATIVE, 1000, 600))
        second = accounts.top_up(GuaranteeQuestion(GuaranteeKind.CUMULATIVE, 2000, 2100, first))
        assert (first, second) == (400, -400)

    @given(earned=st.lists(st.integers(-500, 3000), max_size=8), promised=st.integers(0, 2000))
    def test_cumulative_pays_the_larger_of_promise_and_earnings_and_takes_back_no_more_than_it_gave(
        self, earned, promised
    ):
        topped = total = 0
        for count, amount in enumerate(earned, start=1):
            total += amount
            topped += accounts.top_up(GuaranteeQuestion(GuaranteeKind.CUMULATIVE, promised * count, total, topped))
            assert topped >= 0
            assert total + topped == max(total, promised * count)
