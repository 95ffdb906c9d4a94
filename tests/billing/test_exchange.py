"""Rates as facts: exact, made of named legs, and the parity of the CFA francs as the law has it."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.exchange import EURO, PEGS, Leg, RateFact, exact_text, parities, path
from billing.money import NotAnExactRate

DAY = date(2026, 11, 20)
PARITY = Fraction(655_957, 1000)

rates = st.fractions("1/1000", 1000, max_denominator=10**6)


def ecb(currency: str, rate: str) -> Leg:
    return Leg(EURO, currency, Fraction(rate), DAY, "ECB")


def fact(base: str, quote: str, *legs: Leg) -> RateFact:
    found = path(base, quote, (*legs, *parities(DAY)))
    assert found is not None
    return RateFact(base, quote, DAY, found)


class TestParity:
    @pytest.mark.parametrize(
        ("base", "quote", "rate"),
        [
            ("EUR", "XOF", PARITY),
            ("EUR", "XAF", PARITY),
            ("XOF", "EUR", 1 / PARITY),
            ("XAF", "EUR", 1 / PARITY),
            ("XOF", "XAF", Fraction(1)),
            ("XAF", "XOF", Fraction(1)),
        ],
    )
    def test_is_exact_both_ways(self, base, quote, rate):
        found = fact(base, quote)
        assert (found.rate, found.source, found.on_date, found.days_old) == (rate, "PEG", DAY, 0)

    def test_joins_the_two_francs_through_the_euro_and_says_so(self):
        found = fact("XOF", "XAF")
        assert [leg.ends for leg in found.legs] == [("XOF", "EUR"), ("EUR", "XAF")]
        assert found.text == "1 EUR = 655.957 XOF (PEG 2026-11-20), 1 EUR = 655.957 XAF (PEG 2026-11-20)"

    @pytest.mark.parametrize(("on", "count"), [(date(1998, 12, 31), 0), (date(1999, 1, 1), 2), (date(2090, 1, 1), 2)])
    def test_holds_from_its_first_day(self, on, count):
        assert len(parities(on)) == count

    def test_cites_the_law(self):
        assert all("2866/98" in peg.legal_reference and "98/683/CE" in peg.legal_reference for peg in PEGS)


class TestPath:
    def test_prefers_the_direct_rate(self):
        dollar_in_francs = Leg("USD", "XOF", Fraction("562.5"), DAY, "BCEAO")
        assert path("USD", "XOF", [ecb("USD", "1.0512"), *parities(DAY), dollar_in_francs]) == (dollar_in_francs,)

    def test_goes_through_the_euro(self):
        found = fact("USD", "XOF", ecb("USD", "1.0512"))
        assert found.rate == PARITY / Fraction("1.0512")
        assert (found.source, found.text) == (
            "ECB+PEG",
            "1 EUR = 1.0512 USD (ECB 2026-11-20), 1 EUR = 655.957 XOF (PEG 2026-11-20)",
        )

    def test_goes_through_a_franc_that_is_tied_to_the_euro(self):
        course = Leg("USD", "XOF", Fraction("562.5"), DAY, "BCEAO")
        assert fact("EUR", "USD", course).rate == PARITY / Fraction("562.5")
        assert fact("USD", "XAF", course).rate == Fraction("562.5")

    def test_goes_through_no_other_currency(self):
        """A rate of the dollar in naira says nothing about the euro in naira as its source would state it."""
        naira = Leg("USD", "NGN", Fraction(1600), DAY, "ECB")
        assert path("EUR", "NGN", [ecb("USD", "1.0512"), naira]) is None

    def test_finds_nothing_where_nothing_leads(self):
        assert path("EUR", "GHS", [ecb("USD", "1.0512"), *parities(DAY)]) is None
        assert path("XOF", "EUR", []) is None

    def test_does_not_depend_on_the_order(self):
        legs = [ecb("USD", "1.05"), ecb("GBP", "0.83"), *parities(DAY)]
        assert len({path("GBP", "XAF", order) for order in permutations(legs)}) == 1

    def test_of_a_currency_to_itself_is_one(self):
        same = RateFact("XOF", "XOF", DAY, path("XOF", "XOF", []))
        assert (same.rate, same.source, same.on_date) == (1, "SAME", DAY)


class TestRateFact:
    @given(rates, rates)
    def test_undoes_itself_the_other_way_round(self, dollar, pound):
        there = fact("GBP", "USD", ecb("USD", str(dollar)), ecb("GBP", str(pound)))
        assert there.rate == dollar / pound
        assert there.rate * there.inverse().rate == 1
        assert there.inverse().inverse() == there

    @given(rates, st.integers(-(10**9), 10**9))
    def test_converts_at_its_exact_rate(self, dollar, cents):
        there = fact("USD", "XOF", ecb("USD", str(dollar)))
        assert abs(there.convert(cents) - Fraction(cents, 100) * PARITY / dollar) <= Fraction(1, 2)

    def test_is_as_old_as_its_oldest_leg(self):
        friday = RateFact("USD", "XOF", DAY + timedelta(days=2), fact("USD", "XOF", ecb("USD", "1.0512")).legs)
        assert (friday.on_date, friday.days_old) == (DAY, 2)

    def test_may_be_stated_outright(self):
        advice = RateFact.stated("USD", "XOF", Decimal("601.25"), on=DAY, source="bank advice 7")
        assert (advice.rate, advice.source) == (Fraction("601.25"), "bank advice 7")

    @pytest.mark.parametrize("rate", [Fraction(0), Decimal("-1"), 1.5, Decimal("NaN")])
    def test_refuses_what_is_no_exact_rate(self, rate):
        with pytest.raises(NotAnExactRate):
            RateFact.stated("USD", "XOF", rate, on=DAY, source="bank")

    @pytest.mark.parametrize(
        "legs", [(), (ecb("USD", "1.05"),), (ecb("USD", "1.05"), ecb("XOF", "655")), (ecb("GBP", "1").turned(),)]
    )
    def test_refuses_legs_that_lead_elsewhere(self, legs):
        with pytest.raises(NotAnExactRate, match="do not lead"):
            RateFact("USD", "XOF", DAY, legs)


class TestExactText:
    @given(st.decimals(-(10**9), 10**9, places=8))
    def test_writes_a_decimal_that_says_exactly_the_same(self, value):
        assert Fraction(exact_text(Fraction(value))) == Fraction(value)

    @given(st.fractions())
    def test_never_rounds(self, value):
        assert Fraction(exact_text(value)) == value

    @pytest.mark.parametrize(
        ("value", "text"), [("655957/1000", "655.957"), ("1/3", "1/3"), ("10", "10"), ("-1/20", "-0.05"), ("0", "0")]
    )
    def test_reads_as_people_write(self, value, text):
        assert exact_text(Fraction(value)) == text
