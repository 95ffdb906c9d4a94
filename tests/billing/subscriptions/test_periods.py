"""Periods: counted from the anchor, without gap, overlap or drift."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.subscriptions.periods import Anchor, Interval, Rhythm, local_day, midnight, period

MONTHLY = Rhythm(Interval.MONTH)
rhythms = st.builds(Rhythm, st.sampled_from(list(Interval)), st.integers(1, 6))
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def starts(anchor: date, rhythm: Rhythm, count: int) -> list[str]:
    return [str(period(Anchor(anchor), rhythm, number).starts_on) for number in range(1, count + 1)]


class TestMonths:
    def test_of_the_31st_end_with_the_month_and_come_back(self):
        assert starts(date(2026, 1, 31), MONTHLY, 5) == [
            *("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"),
        ]

    def test_of_a_leap_year_have_29_february(self):
        assert starts(date(2028, 1, 31), MONTHLY, 2)[1] == "2028-02-29"

    def test_a_year_after_29_february_is_the_28th_until_the_next_leap_year(self):
        yearly = Rhythm(Interval.YEAR)
        assert starts(date(2028, 2, 29), yearly, 5) == [
            *("2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"),
        ]

    def test_a_quarter_is_three_months(self):
        assert starts(date(2025, 11, 30), Rhythm(Interval.QUARTER), 3) == ["2025-11-30", "2026-02-28", "2026-05-30"]

    @given(anchor=days, count=st.integers(1, 3))
    def test_do_not_drift_in_a_thousand_renewals(self, anchor, count):
        rhythm = Rhythm(Interval.MONTH, count)
        last = period(Anchor(anchor), rhythm, 1001)
        assert (last.starts_on.year * 12 + last.starts_on.month) - (anchor.year * 12 + anchor.month) == 1000 * count
        assert last.starts_on.day == anchor.day or (last.starts_on + timedelta(days=1)).day == 1


class TestPeriods:
    @given(anchor=days, rhythm=rhythms, number=st.integers(1, 1000))
    def test_meet_without_gap_or_overlap(self, anchor, rhythm, number):
        one, following = (period(Anchor(anchor), rhythm, which) for which in (number, number + 1))
        assert one.starts_on < one.ends_on == following.starts_on

    @given(anchor=days, rhythm=rhythms, number=st.integers(1, 400), shift=st.integers(-50, 50))
    def test_are_counted_from_an_anchor_of_any_number(self, anchor, rhythm, number, shift):
        one = period(Anchor(anchor, number), rhythm, number)
        assert one.starts_on == anchor
        if rhythm.interval in (Interval.DAY, Interval.WEEK):
            assert period(Anchor(anchor, number), rhythm, number + shift).day_count == one.day_count

    def test_of_a_week_have_seven_days(self):
        assert period(Anchor(date(2026, 2, 26)), Rhythm(Interval.WEEK), 1).ends_on == date(2026, 3, 5)


class TestDays:
    @pytest.mark.parametrize(
        ("day", "timezone", "begins"),
        [
            (date(2026, 11, 3), "Africa/Dakar", "2026-11-03T00:00"),
            (date(2026, 11, 3), "Africa/Douala", "2026-11-02T23:00"),
            (date(2025, 4, 25), "Africa/Cairo", "2025-04-24T22:00"),  # clocks went from 0:00 to 1:00
            (date(2026, 11, 3), "Africa/Casablanca", "2026-11-02T23:00"),
            (date(2026, 2, 18), "Africa/Casablanca", "2026-02-18T00:00"),  # an hour later during Ramadan
        ],
    )
    def test_begin_at_the_customers_midnight(self, day, timezone, begins):
        assert midnight(day, timezone) == datetime.fromisoformat(begins).replace(tzinfo=UTC)
        assert local_day(midnight(day, timezone), timezone) == day
        assert local_day(midnight(day, timezone) - timedelta(microseconds=1), timezone) == day - timedelta(days=1)

    @given(day=days, timezone=st.sampled_from(["Africa/Dakar", "Africa/Cairo", "Africa/Casablanca", "Europe/Paris"]))
    def test_never_overlap_across_clock_changes(self, day, timezone):
        assert local_day(midnight(day, timezone), timezone) == day
        assert midnight(day, timezone) < midnight(day + timedelta(days=1), timezone)
