"""When customers are asked: at their best hour, never at night."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.subscriptions.asking import Daytime, best_hour, next_moment, step_due

# Hypothesis adds the time zone itself.
EARLY, LATE = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2020, 2040))
DAYTIME = Daytime(first_hour=8, end_hour=20, usual_hour=18)
zones = st.sampled_from(["Africa/Dakar", "Africa/Douala", "Africa/Cairo", "Africa/Casablanca", "Indian/Antananarivo"])
hours = st.dictionaries(st.integers(0, 23), st.integers(0, 50), max_size=24)


class TestBestHour:
    def test_is_when_the_customer_approved_before(self):
        assert best_hour(DAYTIME, {12: 3, 18: 1}, {9: 1000}) == 12

    def test_is_when_the_country_approves_while_the_customer_is_new(self):
        assert best_hour(DAYTIME, {12: 1}, {9: 1000, 18: 3}) == 9

    def test_is_the_usual_one_when_nobody_has_approved(self):
        assert best_hour(DAYTIME, {}, {}) == 18

    def test_of_neighbours_is_one_habit(self):
        assert best_hour(DAYTIME, {9: 4, 17: 3, 18: 3}) in (17, 18)

    @given(own=hours, country=hours)
    def test_is_never_at_night(self, own, country):
        assert DAYTIME.holds(best_hour(DAYTIME, own, country))


class TestNextMoment:
    @given(
        at=st.datetimes(EARLY, LATE, timezones=st.just(UTC)),
        hour=st.integers(8, 19),
        zone=zones,
    )
    def test_is_by_day_not_before_now_and_within_a_day(self, at, hour, zone):
        moment = next_moment(at=at, hour=hour, daytime=DAYTIME, timezone=zone)
        assert DAYTIME.holds(moment.astimezone(ZoneInfo(zone)).hour)
        assert at <= moment <= at + timedelta(hours=25)  # a day may have 25 hours

    def test_waits_for_the_hour_that_is_still_to_come(self):
        at = datetime(2026, 11, 3, 0, 0, tzinfo=UTC)
        assert next_moment(at=at, hour=12, daytime=DAYTIME, timezone="Africa/Dakar") == at.replace(hour=12)


class TestSteps:
    def test_are_counted_from_the_invoice(self):
        days = [step_due([0, 2, 5], asked_count=count, issued_on=date(2026, 11, 3)) for count in range(4)]
        assert days == [date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 8), None]


class TestDaytime:
    @pytest.mark.parametrize("hours", [(20, 8, 18), (8, 20, 20), (8, 25, 9), (-1, 20, 9)])
    def test_is_checked(self, hours):
        with pytest.raises(ValueError, match="no daytime"):
            Daytime(*hours)
