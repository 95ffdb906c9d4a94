"""What a sale owes: worked examples first, then what holds for every sale."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import NothingToShareBy
from billing.pricing.tax import split_inclusive
from royalties.allocation import Computation, SaleAmounts, Tax, TaxesDoNotAddUp, compute

AUTHORS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 10_000), min_size=1, max_size=6)
RATES = st.fractions(min_value=Fraction(1, 1000), max_value=1, max_denominator=1000)


def sale(gross: int, fee: int, tax: str = "18/100") -> SaleAmounts:
    split = split_inclusive(gross, [("TVA", Fraction(tax))])
    taxes = tuple(Tax(line.code, line.rate, line.amount_minor) for line in split.lines)
    return SaleAmounts(gross, split.net_minor, taxes, fee)


def mirror(amounts: SaleAmounts) -> SaleAmounts:
    taxes = tuple(Tax(tax.code, tax.rate, -tax.amount_minor) for tax in amounts.taxes)
    return SaleAmounts(-amounts.gross_minor, -amounts.net_minor, taxes, -amounts.fee_minor)


SALES = st.builds(sale, st.integers(0, 10_000_000), st.integers(0, 200_000), st.sampled_from(["0", "18/100", "77/400"]))

WORKED = [
    # gross, fee, rate, weights, royalty, parts
    (1500, 15, "7/10", {"a": 60, "b": 40}, 879, {"a": 527, "b": 352}),
    (1500, 15, "7/10", {"a": 1, "b": 1}, 879, {"a": 440, "b": 439}),
    (1500, 15, "7/10", {"a": 1}, 879, {"a": 879}),
    (1500, 0, "7/10", {"a": 1, "b": 1, "c": 1}, 890, {"a": 297, "b": 297, "c": 296}),
    (3000, 30, "1/2", {"a": 2, "b": 1}, 1256, {"a": 837, "b": 419}),
    (100, 100, "7/10", {"a": 1}, 0, {"a": 0}),
    (100, 85, "7/10", {"a": 1}, 0, {"a": 0}),
    (0, 0, "7/10", {"a": 1, "b": 1}, 0, {"a": 0, "b": 0}),
    # 13 net, half of it is 6.5: away from zero
    (15, 0, "1/2", {"a": 1}, 7, {"a": 7}),
]


class TestCompute:
    @pytest.mark.parametrize(("gross", "fee", "rate", "weights", "royalty", "parts"), WORKED)
    def test_gives_the_worked_amounts(self, gross, fee, rate, weights, royalty, parts):
        done = compute(sale=sale(gross, fee), rate=Fraction(rate), weights=weights)
        assert (done.royalty_minor, done.parts) == (royalty, parts)

    def test_keeps_every_step(self):
        done = compute(sale=sale(1500, 15), rate=Fraction(7, 10), weights={"a": 1})
        assert (done.sale.net_minor, done.receipts_minor, done.base_minor) == (1271, 1256, 1256)
        assert done.exact_royalty == Fraction(4396, 5)
        assert not done.floored

    def test_leaves_a_loss_with_the_publisher_and_says_so(self):
        done = compute(sale=sale(100, 120), rate=Fraction(7, 10), weights={"a": 1})
        assert (done.receipts_minor, done.base_minor, done.royalty_minor, done.floored) == (-35, 0, 0, True)

    def test_refuses_taxes_that_do_not_add_up(self):
        with pytest.raises(TaxesDoNotAddUp):
            SaleAmounts(1500, 1271, (Tax("TVA", Fraction(18, 100), 228),), 15)

    def test_refuses_shares_of_nothing(self):
        with pytest.raises(NothingToShareBy):
            compute(sale=sale(1500, 15), rate=Fraction(7, 10), weights={})

    @given(amounts=SALES, rate=RATES, weights=AUTHORS)
    def test_gives_away_exactly_the_royalty(self, amounts, rate, weights):
        done = compute(sale=amounts, rate=rate, weights=weights)
        assert sum(done.parts.values()) == done.royalty_minor

    @given(amounts=SALES, rate=RATES, weights=AUTHORS)
    def test_rounds_once_by_at_most_a_half(self, amounts, rate, weights):
        done = compute(sale=amounts, rate=rate, weights=weights)
        assert abs(done.royalty_minor - done.base_minor * rate) <= Fraction(1, 2)

    @given(amounts=SALES, rate=RATES, weights=AUTHORS)
    def test_never_costs_an_author_anything(self, amounts, rate, weights):
        assert min(compute(sale=amounts, rate=rate, weights=weights).parts.values()) >= 0

    @given(amounts=SALES, rate=RATES, weights=AUTHORS, seed=st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_the_payees(self, amounts, rate, weights, seed):
        shuffled = list(weights.items())
        seed.shuffle(shuffled)
        one = compute(sale=amounts, rate=rate, weights=weights)
        other = compute(sale=amounts, rate=rate, weights=dict(shuffled))
        assert one.parts == other.parts

    @given(amounts=SALES, rate=RATES, weights=AUTHORS)
    def test_of_a_refund_is_the_mirror_of_the_sale(self, amounts, rate, weights):
        there = compute(sale=amounts, rate=rate, weights=weights)
        back = compute(sale=mirror(amounts), rate=rate, weights=weights)
        assert figures(back) == tuple(-figure for figure in figures(there))

    @given(amounts=SALES, weights=AUTHORS, rates=st.tuples(RATES, RATES))
    def test_grows_with_the_rate(self, amounts, weights, rates):
        low, high = (compute(sale=amounts, rate=rate, weights=weights) for rate in sorted(rates))
        assert low.royalty_minor <= high.royalty_minor


def figures(done: Computation) -> tuple[int | Fraction, ...]:
    parts = [done.parts[payee] for payee in sorted(done.parts)]
    return (done.receipts_minor, done.base_minor, done.exact_royalty, done.royalty_minor, *parts)
