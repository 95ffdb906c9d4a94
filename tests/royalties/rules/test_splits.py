"""Who gets what of a royalty."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.rules import splits
from royalties.rules.refusals import BadTerms
from royalties.rules.splits import Of, SplitStep


def step(payee: str, of: Of, amount: str) -> SplitStep:
    return SplitStep(payee, of, F(amount))


AGENT = step("agent", Of.GROSS, "15/100")
TRANSLATOR = step("translator", Of.GROSS, "20/100")
AUTHORS = (step("author", Of.SHARE, "60"), step("illustrator", Of.SHARE, "40"))


@st.composite
def plans(draw: st.DrawFn) -> tuple[SplitStep, ...]:
    rates = draw(st.lists(st.integers(1, 20), max_size=3))
    kinds = st.sampled_from([Of.GROSS, Of.REST])
    taken = [SplitStep(f"p{place}", draw(kinds), F(rate, 100)) for place, rate in enumerate(rates)]
    weights = draw(st.lists(st.integers(1, 100), min_size=1, max_size=4))
    return (*taken, *(SplitStep(f"s{place}", Of.SHARE, F(weight)) for place, weight in enumerate(weights)))


class TestDivide:
    def test_takes_agent_and_translator_off_before_the_authors_share(self):
        """1,000: agent 150, translator 20 % of the whole 200, the 650 left are shared 60/40."""
        assert splits.divide(1000, (AGENT, TRANSLATOR, *AUTHORS)) == {
            "agent": 150,
            "translator": 200,
            "author": 390,
            "illustrator": 260,
        }

    def test_follows_the_declared_order_for_what_is_of_the_rest(self):
        on_rest = step("translator", Of.REST, "20/100")
        assert splits.divide(1000, (AGENT, on_rest, *AUTHORS)) == {
            "agent": 150,
            "translator": 170,
            "author": 408,
            "illustrator": 272,
        }
        assert splits.divide(1000, (on_rest, AGENT, *AUTHORS))["translator"] == 200

    def test_gives_what_is_left_of_the_rounding_to_the_largest_remainders(self):
        """879: agent 131.85, author 448.29, illustrator 298.86: 132, 448, 299."""
        assert splits.divide(879, (AGENT, *AUTHORS)) == {"agent": 132, "author": 448, "illustrator": 299}

    def test_adds_up_the_parts_of_a_payee_with_two_roles(self):
        both = (step("one", Of.GROSS, "1/10"), step("one", Of.SHARE, "1"), step("two", Of.SHARE, "1"))
        assert splits.divide(100, both) == {"one": 55, "two": 45}

    @given(plan=plans(), royalty=st.integers(-(10**12), 10**12))
    def test_gives_away_exactly_the_royalty_and_stays_within_a_unit_of_each_claim(self, plan, royalty):
        parts = splits.divide(royalty, plan)
        assert sum(parts.values()) == royalty
        claims = splits.claims(plan)
        assert sum(claims.values()) == 1
        assert all(abs(parts[payee] - royalty * claim) < 1 for payee, claim in claims.items())

    @given(plan=plans(), royalty=st.integers(0, 10**9))
    def test_of_a_negative_royalty_is_the_mirror(self, plan, royalty):
        assert splits.divide(-royalty, plan) == {payee: -part for payee, part in splits.divide(royalty, plan).items()}


class TestRefuseBadSplits:
    @pytest.mark.parametrize(
        "plan",
        [
            (),
            (step("a", Of.SHARE, "0"),),
            (step("a", Of.SHARE, "-1"), step("b", Of.SHARE, "2")),
            (step("a", Of.GROSS, "60/100"), step("b", Of.GROSS, "60/100"), step("c", Of.SHARE, "1")),
            (step("a", Of.GROSS, "60/100"), step("b", Of.GROSS, "30/100")),  # a tenth is nobody's
            (step("a", Of.GROSS, "1"), step("b", Of.SHARE, "1")),  # nothing is left to share
            (step("a", Of.SHARE, "1"), step("b", Of.GROSS, "15/100")),  # off the top, but declared last
        ],
    )
    def test_names_what_cannot_be_a_split(self, plan):
        with pytest.raises(BadTerms):
            splits.claims(plan)

    def test_accepts_percentages_that_make_the_whole(self):
        assert splits.divide(10, (step("a", Of.GROSS, "60/100"), step("b", Of.REST, "1"))) == {"a": 6, "b": 4}
