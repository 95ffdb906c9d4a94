"""Progress and daily facts, from sessions in any order."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from reading.activity import operations, queries

pytestmark = pytest.mark.django_db(databases=["default", "reading"])


def read(first: int, last: int, ended: datetime, *, user="usr_1", edition="edn_1", minutes=10) -> None:
    operations.record_session(
        user_ref=user,
        edition_ref=edition,
        device_ref="phone",
        client_uuid=uuid4(),
        started_at=ended - timedelta(minutes=minutes),
        ended_at=ended,
        first_page=first,
        last_page=last,
        at=ended,
    )


class TestProgress:
    def test_counts_overlapping_pages_once_and_editions_apart(self, at):
        read(5, 12, at)
        read(1, 6, at - timedelta(days=1))
        read(1, 3, at, edition="edn_2")
        read(1, 99, at, user="usr_2")
        progress = queries.progress(user_ref="usr_1", edition_refs=["edn_1", "edn_2", "edn_3"])
        assert set(progress) == {"edn_1", "edn_2"}
        assert (progress["edn_1"].read_count, progress["edn_1"].furthest_page) == (12, 12)
        assert progress["edn_1"].last_read_at == at


class TestSessions:
    def test_come_latest_first(self, at):
        read(1, 2, at)
        read(3, 4, at + timedelta(hours=1))
        found = queries.sessions(user_ref="usr_1", edition_ref="edn_1")
        assert [one.first_page for one in found] == [3, 1]


class TestDailyFacts:
    def test_are_one_a_day_reader_and_edition(self):
        noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
        read(1, 10, noon)
        read(8, 12, noon + timedelta(hours=2), minutes=5)
        read(1, 4, noon, user="usr_2")
        read(1, 10, noon + timedelta(days=1))
        facts = list(queries.daily_facts(since=date(2026, 11, 3), until=date(2026, 11, 4)))
        assert [(one.day.day, one.user_ref, one.session_count, one.read_count, one.seconds_count) for one in facts] == [
            (3, "usr_1", 2, 12, 900),
            (3, "usr_2", 1, 4, 600),
            (4, "usr_1", 1, 10, 600),
        ]

    def test_give_a_session_over_midnight_to_the_day_it_ended(self):
        read(1, 2, datetime(2026, 11, 4, 0, 3, tzinfo=UTC))
        assert list(queries.daily_facts(since=date(2026, 11, 3), until=date(2026, 11, 3))) == []
