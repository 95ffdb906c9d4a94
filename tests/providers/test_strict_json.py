"""One meaning or none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.strict_json import NotStrictJson, read


class TestRead:
    def test_keeps_numbers_exact(self):
        document = read(b'{"a": 0.1, "b": 12345678901234567890, "c": 1e3}')
        assert document == {"a": Decimal("0.1"), "b": 12345678901234567890, "c": Decimal("1e3")}
        assert not any(isinstance(value, float) for value in document.values())

    @given(data=st.binary(max_size=200))
    def test_reads_or_refuses_any_bytes(self, data: bytes):
        try:
            read(data)
        except NotStrictJson:
            return

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{",
            b"NaN",
            b"-Infinity",
            b'{"a":1,"a":1}',
            b'"\\ud800"',
            b'{"\\u0000":1}',
            b"\xff",
            b"[" * 9000,
            b"9" * 5000,
            b"1e9999999999999999999",
        ],
    )
    def test_refuses_what_has_two_meanings_or_none(self, data):
        with pytest.raises(NotStrictJson):
            read(data)
