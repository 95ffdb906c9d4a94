"""Phone numbers on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.phone_forms import PhoneForm, UnreadablePhone, from_wire, to_wire

NUMBERS = {
    "SN": ("+221771234567", "221771234567", "771234567"),
    "CI": ("+2250701234567", "2250701234567", "0701234567"),
    "BJ": ("+2290195123456", "2290195123456", "0195123456"),
    "CM": ("+237671234567", "237671234567", "671234567"),
    "ML": ("+22365012345", "22365012345", "65012345"),
}


class TestToWire:
    @pytest.mark.parametrize("market", NUMBERS)
    def test_writes_each_form(self, market):
        e164, digits, national = NUMBERS[market]
        assert [to_wire(e164, form) for form in (PhoneForm.E164, PhoneForm.DIGITS, PhoneForm.NATIONAL)] == [
            e164,
            digits,
            national,
        ]


class TestFromWire:
    @given(st.sampled_from(sorted(NUMBERS)), st.sampled_from([PhoneForm.E164, PhoneForm.DIGITS, PhoneForm.NATIONAL]))
    def test_undoes_it(self, market, form):
        e164 = NUMBERS[market][0]
        assert from_wire(to_wire(e164, form), market) == e164

    @pytest.mark.parametrize("text", ["", "abc", "12", "+" + "9" * 20])
    def test_refuses_what_is_none(self, text):
        with pytest.raises(UnreadablePhone):
            from_wire(text, "SN")
