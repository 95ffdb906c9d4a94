"""Amounts as text and back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.amounts import EXPONENTS, Amount, UnreadableAmount, from_text, to_text

AMOUNTS = st.builds(Amount, st.integers(-(10**15), 10**15), st.sampled_from(sorted(EXPONENTS)))


class TestToText:
    @given(amount=AMOUNTS)
    def test_is_read_back_as_the_same_amount(self, amount: Amount):
        assert from_text(to_text(amount), amount.currency) == amount

    @given(amount=AMOUNTS)
    def test_has_exactly_the_currencys_decimals(self, amount: Amount):
        exponent = Decimal(to_text(amount)).as_tuple().exponent
        assert exponent == -EXPONENTS[amount.currency]


class TestFromText:
    @pytest.mark.parametrize(
        "text", ["", " 1", "1 000", "1,000", "1e3", "0x10", "NaN", "Infinity", "+1", "1.", ".5", "１"]
    )
    def test_reads_plain_decimals_only(self, text):
        with pytest.raises(UnreadableAmount):
            from_text(text, "XOF")

    @given(text=st.text(max_size=12))
    def test_never_reads_a_fraction_of_a_franc(self, text: str):
        try:
            amount = from_text(text, "XOF")
        except UnreadableAmount:
            return
        assert Decimal(text) == amount.minor

    def test_knows_no_other_currency(self):
        with pytest.raises(UnreadableAmount):
            from_text("1", "BTC")
