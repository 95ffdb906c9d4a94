"""Months: half open, without a gap."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties import periods


class TestBounds:
    def test_of_december_end_with_the_year(self):
        start, end = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
        assert periods.bounds("2026-12") == (start, end)

    @pytest.mark.parametrize(
        "text", ["", "2026", "2026-13", "2026-00", "26-10", "2026-1", "2026-10-01", "２０２６-10", None]
    )
    def test_refuse_what_is_no_month(self, text):
        with pytest.raises(periods.MalformedPeriod):
            periods.bounds(text)

    @given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda m: m.replace(tzinfo=UTC)))  # noqa: DTZ001
    def test_hold_every_moment_of_the_month(self, moment):
        start, end = periods.bounds(periods.of(moment))
        assert start <= moment < end
        assert periods.of(end) == periods.following(periods.of(moment))


class TestLast:
    def test_ends_with_the_month_given(self):
        assert periods.last(3, until="2026-01") == ("2025-11", "2025-12", "2026-01")


class TestDayOf:
    def test_follows_the_clock_that_closes_months(self):
        assert periods.day_of(datetime.fromisoformat("2026-11-01T00:30:00+02:00")) == date(2026, 10, 31)
