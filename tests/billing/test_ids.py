"""Public ids: sorted by time, hard to guess, easy to recognize."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ids import looks_like, new_id

moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NOW = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)


class TestNewId:
    @given(moments)
    def test_looks_like_one(self, at):
        assert looks_like(new_id("pay", at), "pay")

    @given(moments, st.integers(1, 10**9))
    def test_sorts_by_time(self, at, later_ms):
        later = at + timedelta(milliseconds=later_ms)
        assert new_id("pay", at) < new_id("pay", later)

    def test_never_gives_the_same_twice(self):
        assert len({new_id("pay", NOW) for _ in range(10_000)}) == 10_000


class TestLooksLike:
    @pytest.mark.parametrize(
        "text",
        ["", "pay_", f"pay_{'0' * 25}", f"pay_{'0' * 27}", f"pay_{'i' * 26}", f"PAY_{'0' * 26}", f"pay_{'0' * 26}\n"],
    )
    def test_refuses_another_shape(self, text):
        assert not looks_like(text, "pay")

    def test_refuses_another_prefix(self):
        assert not looks_like(new_id("inv", NOW), "pay")
