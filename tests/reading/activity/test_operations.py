"""A session is written down once, if it can have happened."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connections

from reading.activity import operations
from reading.activity.facts import SessionFact
from reading.activity.models import ReadingSession

DATABASES = ["default", "reading"]
UUID_1 = UUID("11111111-1111-4111-8111-111111111111")


def record(moment, **changes) -> SessionFact:
    told = {
        "user_ref": "usr_1",
        "edition_ref": "edn_1",
        "device_ref": "phone",
        "client_uuid": UUID_1,
        "started_at": moment - timedelta(minutes=10),
        "ended_at": moment,
        "first_page": 1,
        "last_page": 10,
        "at": moment,
    }
    return operations.record_session(**{**told, **changes})


@pytest.mark.django_db(databases=DATABASES)
class TestRecordSession:
    def test_keeps_what_was_told(self, at):
        fact = record(at)
        assert fact.id.startswith("ses_")
        assert (fact.first_page, fact.last_page, fact.ended_at) == (1, 10, at)

    def test_gives_the_first_session_when_told_again(self, at):
        first = record(at)
        assert record(at, at=at + timedelta(days=2)) == first
        assert ReadingSession.objects.count() == 1

    def test_keeps_the_times_told_first(self, at):
        first = record(at)
        assert record(at, ended_at=at + timedelta(minutes=1)) == first

    @pytest.mark.parametrize("other", [{"last_page": 11}, {"first_page": 2}, {"edition_ref": "edn_2"}])
    def test_refuses_the_same_uuid_for_something_else(self, other, at):
        record(at)
        with pytest.raises(operations.SessionReused):
            record(at, **other)
        assert ReadingSession.objects.count() == 1

    def test_lets_two_readers_choose_the_same_uuid(self, at):
        record(at)
        record(at, user_ref="usr_2")
        assert ReadingSession.objects.count() == 2

    @pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 3), (-2, -1)])
    def test_refuses_pages_that_cannot_be(self, first, last, at):
        with pytest.raises(operations.PagesOutOfOrder):
            record(at, first_page=first, last_page=last)

    @pytest.mark.parametrize("length", [timedelta(seconds=-1), timedelta(hours=25)])
    def test_refuses_times_that_cannot_be(self, length, at):
        with pytest.raises(operations.TimesOutOfOrder):
            record(at, started_at=at - length)

    def test_forgives_a_clock_a_little_ahead_and_refuses_more(self, at):
        record(at, ended_at=at + timedelta(minutes=5))
        with pytest.raises(operations.ClockAhead):
            record(at, ended_at=at + timedelta(minutes=11), client_uuid=UUID(int=2))

    @pytest.mark.parametrize("change", ["UPDATE {} SET last_page = 99", "DELETE FROM {}", "TRUNCATE {}"])
    def test_writes_what_nobody_can_change(self, change, at):
        record(at)
        with pytest.raises(IntegrityError, match="append-only"), connections["reading"].cursor() as cursor:
            cursor.execute(change.format(ReadingSession._meta.db_table))


@pytest.mark.django_db(transaction=True, databases=DATABASES)
class TestRecordSessionAtOnce:
    def test_is_one_session_for_two_at_the_same_instant(self, at):
        start, facts = threading.Barrier(2), []

        def tell() -> None:
            try:
                start.wait(20)
                facts.append(record(at))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=tell) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(facts) == 2
        assert facts[0] == facts[1]
        assert ReadingSession.objects.count() == 1
