"""The times of the questions."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.schedule import GIVE_UP_AFTER, next_check

START = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)


def pauses(*, window: timedelta = GIVE_UP_AFTER) -> list[timedelta]:
    """Every pause of an attempt that is never answered."""
    found, now = [], START
    while then := next_check(started_at=START, check_count=len(found), at=now, window=window):
        found.append(then - now)
        now = then
    return found


class TestNextCheck:
    def test_begins_within_seconds(self):
        assert [pause.total_seconds() for pause in pauses()[:7]] == [10, 20, 40, 60, 120, 240, 480]

    def test_goes_on_every_quarter_hour_then_hourly_then_daily(self):
        later = pauses()[7:]
        quarters = [pause for pause in later if pause == timedelta(minutes=15)]
        hours = [pause for pause in later if pause == timedelta(hours=1)]
        days = [pause for pause in later if pause == timedelta(days=1)]
        assert later == quarters + hours + days
        assert (len(quarters), len(hours), len(days)) == (23, 42, 5)

    def test_ends_after_seven_days(self):
        assert next_check(started_at=START, check_count=3, at=START + timedelta(days=7)) is None
        assert timedelta(days=7) <= sum(pauses(), timedelta()) < timedelta(days=8)

    def test_ends_when_the_provider_forgets(self):
        assert sum(pauses(window=timedelta(hours=2)), timedelta()) < timedelta(hours=2, minutes=15)

    @given(age=st.integers(0, 10 * 86_400), count=st.integers(0, 500))
    def test_always_lies_ahead_and_never_more_than_a_day(self, age, count):
        now = START + timedelta(seconds=age)
        then = next_check(started_at=START, check_count=count, at=now)
        assert (then is None) == (age >= 7 * 86_400)
        assert then is None or now < then <= now + timedelta(days=1)
