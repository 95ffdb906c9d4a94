"""Exact money: nothing is lost in a split, nothing is rounded twice, nothing that is no amount gets in."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import permutations, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from moneyed import Money

from billing import money

# Currency → decimals: the franc, the euro, the dinar.
EXPONENTS = {"XOF": 0, "XAF": 0, "EUR": 2, "USD": 2, "TND": 3}

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-money.MINOR_MAX, money.MINOR_MAX)
totals = st.integers(-(10**12), 10**12)
weights = st.integers(0, 10**6) | st.fractions(0, 1000, max_denominator=10**6)
rates = st.fractions("1/100000", 100000, max_denominator=10**6)
PEG = Fraction("655.957")
shares = st.dictionaries(st.text(max_size=4), weights, min_size=1, max_size=12).filter(lambda w: any(w.values()))


class TestExponent:
    @pytest.mark.parametrize(("currency", "decimals"), EXPONENTS.items())
    def test_is_the_currencys(self, currency, decimals):
        assert money.exponent(currency) == decimals

    @pytest.mark.parametrize("currency", ["", "xof", "CFA", "XXXX"])
    def test_refuses_what_is_no_currency(self, currency):
        with pytest.raises(money.NotAnAmount):
            money.exponent(currency)


class TestToMinor:
    @given(minors, currencies)
    def test_undoes_from_minor(self, minor, currency):
        assert money.to_minor(money.from_minor(minor, currency)) == minor

    @given(st.integers(1, 9), currencies)
    def test_refuses_what_is_finer_than_the_smallest_unit(self, digit, currency):
        fine = Decimal(digit).scaleb(-EXPONENTS[currency] - 1)
        with pytest.raises(money.NotAnAmount, match="more decimals"):
            money.to_minor(Money(fine, currency))

    @pytest.mark.parametrize("minor", [money.MINOR_MAX + 1, -money.MINOR_MAX - 1])
    def test_refuses_what_is_beyond_the_ledger(self, minor):
        with pytest.raises(money.NotAnAmount, match="beyond"):
            money.to_minor(Money(minor, "XOF"))

    @pytest.mark.parametrize("text", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity"])
    def test_refuses_what_is_no_number(self, text):
        with pytest.raises(money.NotAnAmount, match="no number"):
            money.to_minor(Money(Decimal(text), "EUR"))

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("1." + "0" * 40 + "1", "more decimals"),  # the digit that a precision of 28 would swallow
            ("1" + "0" * 28 + ".001", "more decimals"),
            ("123456789012345678901234567890", "beyond"),
            ("1E+999999999", "beyond"),
            ("-1E+999999999", "beyond"),
            ("1E-999999999", "more decimals"),
        ],
    )
    def test_loses_no_digit_of_a_long_number_and_stays_quick(self, text, reason):
        with pytest.raises(money.NotAnAmount, match=reason):
            money.to_minor(Money(Decimal(text), "EUR"))

    @pytest.mark.parametrize(
        ("text", "minor"), [("1E+3", 100000), ("-0", 0), ("0E+50", 0), ("12.5" + "0" * 60, 1250), ("0E-50", 0)]
    )
    def test_minds_the_value_and_not_how_it_is_written(self, text, minor):
        assert money.to_minor(Money(Decimal(text), "EUR")) == minor

    @given(minors, currencies, st.integers(1, 60))
    def test_does_not_depend_on_a_precision_set_elsewhere(self, minor, currency, digits):
        with localcontext(prec=digits):
            assert money.to_minor(money.from_minor(minor, currency)) == minor


class TestFromMinor:
    @given(minors, currencies)
    def test_is_exactly_that_many_of_the_smallest_unit(self, minor, currency):
        made = money.from_minor(minor, currency)
        assert Fraction(made.amount) == Fraction(minor, 10 ** EXPONENTS[currency])
        assert str(made.currency) == currency

    @pytest.mark.parametrize("minor", [money.MINOR_MAX + 1, -money.MINOR_MAX - 1])
    def test_refuses_what_is_beyond_the_ledger(self, minor):
        with pytest.raises(money.NotAnAmount, match="beyond"):
            money.from_minor(minor, "EUR")

    def test_refuses_what_is_no_currency(self):
        with pytest.raises(money.NotAnAmount, match="ISO 4217"):
            money.from_minor(1, "CFA")


class TestParse:
    @given(st.integers(-(10**15), 10**15), currencies)
    def test_reads_what_plain_writes(self, minor, currency):
        assert money.to_minor(money.parse(money.plain(minor, currency), currency)) == minor

    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("1500", "XOF", 1500),
            ("12.5", "EUR", 1250),
            ("12.50", "EUR", 1250),
            ("0", "XOF", 0),
            ("-1.005", "TND", -1005),
        ],
    )
    def test_reads_plain_numbers(self, text, currency, minor):
        assert money.to_minor(money.parse(text, currency)) == minor

    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", "1e3", "1E3", "+1", "01", "1.", ".5", "1,5", "1 500", "1_500", "0x1", "NaN", "Infinity", "--1"),
            *("1.5\n", "1" * 19, "１", "1500 XOF", "9223372036854775808"),
        ],
    )
    def test_refuses_anything_else(self, text):
        with pytest.raises(money.NotAnAmount):
            money.parse(text, "EUR")

    @pytest.mark.parametrize(("text", "currency"), [("1.0", "XOF"), ("1.000", "EUR"), ("1.0000", "TND")])
    def test_refuses_decimals_the_currency_does_not_have_even_zeros(self, text, currency):
        with pytest.raises(money.NotAnAmount, match="decimals"):
            money.parse(text, currency)

    @pytest.mark.parametrize("value", [1500, 15.0, None, Decimal("1500"), True])
    def test_refuses_what_is_not_text(self, value):
        with pytest.raises(money.NotAnAmount):
            money.parse(value, "XOF")

    @given(st.text(max_size=30), currencies)
    def test_gives_an_amount_or_says_no_and_nothing_else(self, text, currency):
        try:
            parsed = money.parse(text, currency)
        except money.NotAnAmount:
            return
        assert Decimal(text) == parsed.amount


class TestRoundHalfUp:
    @given(st.fractions(-(10**9), 10**9))
    def test_goes_no_further_than_a_half(self, value):
        assert abs(money.round_half_up(value) - value) <= Fraction(1, 2)

    @given(st.fractions(-(10**9), 10**9))
    def test_mirrors_negatives(self, value):
        assert money.round_half_up(-value) == -money.round_half_up(value)

    @given(st.decimals(-(10**9), 10**9, places=6))
    def test_rounds_as_accountants_do(self, value):
        assert money.round_half_up(Fraction(value)) == int(value.quantize(Decimal(1), ROUND_HALF_UP))

    @pytest.mark.parametrize(
        ("value", "rounded"), [("1/2", 1), ("-1/2", -1), ("3/2", 2), ("5/2", 3), ("-5/2", -3), ("0", 0)]
    )
    def test_takes_halves_away_from_zero(self, value, rounded):
        assert money.round_half_up(Fraction(value)) == rounded


class TestAllocate:
    @given(totals, shares)
    def test_loses_nothing_and_makes_nothing(self, total, weights):
        parts = money.allocate(total, weights)
        assert sum(parts.values()) == total
        assert parts.keys() == weights.keys()

    @given(totals, shares)
    def test_gives_everybody_within_one_unit_of_their_exact_share(self, total, weights):
        whole = sum(Fraction(weight) for weight in weights.values())
        for key, part in money.allocate(total, weights).items():
            assert abs(part - total * Fraction(weights[key]) / whole) < 1

    @given(totals, shares, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order(self, total, weights, dice):
        pairs = list(weights.items())
        dice.shuffle(pairs)
        assert money.allocate(total, dict(pairs)) == money.allocate(total, weights)

    @given(totals, shares)
    def test_mirrors_a_negative_total(self, total, weights):
        mirror = {key: -part for key, part in money.allocate(total, weights).items()}
        assert money.allocate(-total, weights) == mirror

    @given(totals, shares, st.integers(1, 1000))
    def test_does_not_depend_on_the_scale_of_the_weights(self, total, weights, scale):
        scaled = {key: weight * scale for key, weight in weights.items()}
        assert money.allocate(total, scaled) == money.allocate(total, weights)

    @given(totals, shares)
    def test_gives_nothing_for_a_weight_of_zero(self, total, weights):
        parts = money.allocate(total, weights)
        assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)

    @given(st.integers(0, 10**9), shares)
    def test_never_gives_a_larger_weight_less(self, total, weights):
        parts = money.allocate(total, weights)
        for one, other in permutations(weights, 2):
            if Fraction(weights[one]) > Fraction(weights[other]):
                assert parts[one] >= parts[other]

    @given(minors, shares)
    def test_is_exact_over_the_ledgers_whole_range(self, total, weights):
        assert sum(money.allocate(total, weights).values()) == total

    @given(st.integers(-20, 20), st.permutations([1, "1", Fraction(1, 3), "1/3"]))
    def test_does_not_depend_on_the_order_of_keys_that_read_the_same(self, total, keys):
        split = money.allocate(total, dict.fromkeys(keys, 1))
        assert split == money.allocate(total, dict.fromkeys(reversed(keys), 1))

    @pytest.mark.parametrize(
        ("total", "weights", "parts"),
        [
            (100, {"a": 1, "b": 1, "c": 1}, {"a": 34, "b": 33, "c": 33}),  # ties: the smaller key
            (1, {"b": 1, "a": 1}, {"a": 1, "b": 0}),
            (5, {"a": 1, "b": 3}, {"a": 1, "b": 4}),
            (2, {"a": 1, "b": 3}, {"a": 0, "b": 2}),  # both remainders are a half: the larger weight
            (-100, {"a": 1, "b": 1, "c": 1}, {"a": -34, "b": -33, "c": -33}),
            (0, {"a": 1}, {"a": 0}),
        ],
    )
    def test_gives_the_odd_unit_where_the_rule_says(self, total, weights, parts):
        assert money.allocate(total, weights) == parts

    @pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": 1, "b": -1}, {"a": -1}])
    def test_refuses_weights_there_is_no_rule_for(self, weights):
        with pytest.raises(money.NothingToShareBy):
            money.allocate(10, weights)

    def test_holds_for_every_small_split_there_is(self):
        """Up to 30 francs among three people, each weighing 1 to 7: all of them."""
        for total, *weights in product(range(31), *[range(1, 8)] * 3):
            parts = money.allocate(total, dict(enumerate(weights)))
            assert sum(parts.values()) == total
            assert all(abs(part - Fraction(total * weights[k], sum(weights))) < 1 for k, part in parts.items())


def in_range(minor: int, source: str, target: str, rate: Fraction) -> bool:
    """Whether the ledger can count what comes out."""
    return abs(Fraction(minor, 10 ** EXPONENTS[source]) * rate * 10 ** EXPONENTS[target]) < money.MINOR_MAX


class TestConvert:
    @given(totals, currencies)
    def test_at_one_to_one_changes_nothing(self, minor, currency):
        assert money.convert(minor, currency, currency, Fraction(1)) == minor

    @given(totals, currencies, currencies, rates)
    def test_mirrors_negatives(self, minor, source, target, rate):
        assume(source != target and in_range(minor, source, target, rate))
        assert money.convert(-minor, source, target, rate) == -money.convert(minor, source, target, rate)

    @given(totals, totals, currencies, currencies, rates)
    def test_never_gives_less_for_more(self, one, other, source, target, rate):
        assume(source != target and all(in_range(minor, source, target, rate) for minor in (one, other)))
        less, more = sorted((one, other))
        assert money.convert(less, source, target, rate) <= money.convert(more, source, target, rate)

    @given(totals, currencies, currencies, rates)
    def test_goes_no_further_than_half_a_unit(self, minor, source, target, rate):
        assume(source != target and in_range(minor, source, target, rate))
        exact = Fraction(minor, 10 ** EXPONENTS[source]) * rate * 10 ** EXPONENTS[target]
        assert money.convert_exactly(minor, source, target, rate) == exact
        assert abs(money.convert(minor, source, target, rate) - exact) <= Fraction(1, 2)

    @given(totals, st.sampled_from(["XOF", "XAF", "EUR", "USD"]), st.integers(1, 10**6))
    def test_comes_back_where_nothing_had_to_be_rounded(self, minor, source, rate):
        assume(in_range(minor, source, "TND", Fraction(rate)))
        assert (
            money.convert(money.convert(minor, source, "TND", Fraction(rate)), "TND", source, Fraction(1, rate))
            == minor
        )

    @given(st.integers(-(10**15), 10**15), st.sampled_from(["XOF", "XAF"]))
    def test_comes_back_to_the_very_cent_at_the_peg(self, cents, franc):
        francs = money.convert(cents, "EUR", franc, PEG)
        assert money.convert(francs, franc, "EUR", 1 / PEG) == cents

    @given(st.integers(-(10**15), 10**15), st.sampled_from(["XOF", "XAF"]))
    def test_comes_back_to_within_half_a_cents_worth_of_francs(self, francs, franc):
        cents = money.convert(francs, franc, "EUR", 1 / PEG)
        assert abs(money.convert(cents, "EUR", franc, PEG) - francs) <= 3

    @given(st.integers(-(10**9), 10**9))
    def test_is_exact_both_ways_at_the_peg_where_it_can_be(self, thousands):
        assert money.convert(thousands * 1000_00, "EUR", "XOF", PEG) == thousands * 655_957
        assert money.convert(thousands * 655_957, "XOF", "EUR", 1 / PEG) == thousands * 1000_00

    @pytest.mark.parametrize(
        ("minor", "source", "target", "rate", "converted"),
        [
            (100, "EUR", "XOF", "655.957", 656),
            (1_000_00, "EUR", "XOF", "655.957", 655_957),
            (656, "XOF", "EUR", "1/655.957", 100),
            (1000, "TND", "EUR", "0.3", 30),
            (1, "EUR", "TND", "3.3", 33),
            (5000, "XOF", "XAF", "1", 5000),
            (5, "TND", "EUR", "1", 1),  # halves go away from zero
            (15, "TND", "EUR", "1", 2),
            (25, "TND", "EUR", "1", 3),
            (-5, "TND", "EUR", "1", -1),
            (50, "EUR", "XOF", "1", 1),
            (49, "EUR", "XOF", "1", 0),
        ],
    )
    def test_minds_the_decimals_of_both_currencies(self, minor, source, target, rate, converted):
        numerator, _, denominator = rate.partition("/")
        exact = Fraction(numerator) / Fraction(denominator or 1)
        assert money.convert(minor, source, target, exact) == converted

    def test_takes_a_decimal_as_exactly_what_it_says(self):
        assert money.convert(1_000_00, "EUR", "XOF", Decimal("655.957")) == 655_957

    @pytest.mark.parametrize(
        "rate",
        [655.957, 0, -1, True, None, "655.957", Fraction(0), Fraction(-1, 2)]
        + [Decimal(text) for text in ("NaN", "Infinity", "-Infinity", "0", "-1", "1E+999999999", "1E-999999999")],
    )
    def test_refuses_what_is_no_exact_rate(self, rate):
        with pytest.raises(money.NotAnExactRate):
            money.convert(100, "EUR", "XOF", rate)

    def test_refuses_a_currency_into_itself_at_another_rate(self):
        with pytest.raises(money.NotAnExactRate, match="at 1"):
            money.convert(100, "XOF", "XOF", Fraction(2))

    @pytest.mark.parametrize(
        ("minor", "source", "target"),
        [
            (money.MINOR_MAX, "EUR", "XOF"),  # too much when it arrives
            (-money.MINOR_MAX, "EUR", "XOF"),
            (money.MINOR_MAX + 1, "TND", "XOF"),  # too much when it leaves
            (1, "XXXX", "XOF"),
            (1, "XOF", "CFA"),
        ],
    )
    def test_refuses_what_is_beyond_the_ledger_or_no_currency(self, minor, source, target):
        with pytest.raises(money.NotAnAmount):
            money.convert(minor, source, target, PEG)


class TestPlain:
    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [(1500, "XOF", "1500"), (1250, "EUR", "12.50"), (-5, "EUR", "-0.05"), (1, "TND", "0.001"), (0, "EUR", "0.00")],
    )
    def test_writes_all_the_currencys_decimals(self, minor, currency, text):
        assert money.plain(minor, currency) == text

    @given(minors, currencies)
    def test_never_writes_an_exponent(self, minor, currency):
        assume(minor)
        assert "E" not in money.plain(minor, currency)

    @given(st.integers(-(10**60), 10**60), currencies, st.integers(1, 28))
    def test_writes_every_digit_of_any_total(self, minor, currency, digits):
        with localcontext(prec=digits):
            text = money.plain(minor, currency)
        assert Fraction(text) == Fraction(minor, 10 ** EXPONENTS[currency])
