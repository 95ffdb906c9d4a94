"""Facts travel: none skipped, none out of order, none doubled where they land."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connections, transaction

from sync import queries
from sync.facts import EventFact
from sync.models import CrossServiceEvent, ServiceSync
from sync.operations import EventNotApplied, OutsideTransaction, SourceRewound, consume, publish

DATABASES = ["default", "catalog", "auth", "reading"]
TOPIC = "catalog.author"


def say(name: str, at, *, topic: str = TOPIC, using: str = "catalog", quiet: bool = True) -> None:
    with transaction.atomic(using=using):
        publish(using=using, topic=topic, subject_ref=name, payload={"name": name}, at=at)
    if quiet:
        until_quiet()


def until_quiet() -> None:
    """Until no older transaction of the server is left, PostgreSQL's own housekeeping included."""
    deadline = time.monotonic() + 30
    with connections["catalog"].cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT coalesce(max(xid), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
                " FROM sync_crossserviceevent"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("a transaction is left open")


def say_and_undo(name: str, at) -> None:
    with transaction.atomic(using="catalog"):
        publish(using="catalog", topic=TOPIC, subject_ref=name, payload={}, at=at)
        transaction.set_rollback(True, using="catalog")


def listen(apply: Callable[[EventFact], None], at, *, limit: int = 500, into: str = "default") -> int:
    return consume(consumer="test", source="catalog", topics=[TOPIC], apply=apply, at=at, limit=limit, into=into)


class Heard(list):
    """A consumer that writes down what it was given."""

    def __call__(self, event: EventFact) -> None:
        self.append(event.subject_ref)


class OtherConnection(threading.Thread):
    """A transaction on a connection of its own, held open until told to commit."""

    def __init__(self, name: str, at) -> None:
        super().__init__()
        self.subject, self.at = name, at
        self.written, self.may_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic(using="catalog"):
                publish(using="catalog", topic=TOPIC, subject_ref=self.subject, payload={}, at=self.at)
                self.written.set()
                self.may_commit.wait(20)
        finally:
            connections.close_all()

    def commit(self) -> None:
        self.may_commit.set()
        self.join(20)


@pytest.fixture
def late(at):
    """Another session has written an event and not yet committed."""
    other = OtherConnection("late", at)
    other.start()
    assert other.written.wait(20)
    yield other
    other.commit()


@pytest.mark.django_db(transaction=True, databases=DATABASES)
class TestPublish:
    def test_is_refused_outside_a_transaction(self, at):
        with pytest.raises(OutsideTransaction):
            publish(using="catalog", topic=TOPIC, subject_ref="a", payload={}, at=at)
        assert not CrossServiceEvent.objects.using("catalog").exists()

    def test_is_undone_with_the_change_it_speaks_of(self, at):
        say_and_undo("a", at)
        assert not CrossServiceEvent.objects.using("catalog").exists()

    def test_keeps_the_whole_fact(self, at):
        say("Équiano", at)
        given: list[EventFact] = []
        listen(given.append, at)
        (event,) = given
        assert event.id.startswith("evt_")
        assert (event.topic, event.subject_ref, event.payload) == (TOPIC, "Équiano", {"name": "Équiano"})
        assert event.happened_at == at

    @pytest.mark.parametrize("alias", DATABASES)
    def test_writes_to_the_outbox_of_each_database(self, alias, at):
        say("a", at, using=alias)
        assert CrossServiceEvent.objects.using(alias).count() == 1

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE sync_crossserviceevent SET topic = 'x'",
            "DELETE FROM sync_crossserviceevent",
            "TRUNCATE sync_crossserviceevent",
        ],
    )
    def test_writes_what_nobody_can_change(self, change, at):
        say("a", at)
        with pytest.raises(IntegrityError, match="append-only"), connections["catalog"].cursor() as cursor:
            cursor.execute(change.format(CrossServiceEvent._meta.db_table))


@pytest.mark.django_db(transaction=True, databases=DATABASES)
class TestConsume:
    def test_gives_events_once_and_in_order(self, at):
        for name in "abc":
            say(name, at)
        heard = Heard()
        assert listen(heard, at) == 3
        assert listen(heard, at) == 0
        say("d", at)
        assert listen(heard, at) == 1
        assert heard == ["a", "b", "c", "d"]

    def test_goes_on_after_the_limit(self, at):
        for name in "abcde":
            say(name, at)
        heard = Heard()
        assert [listen(heard, at, limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert heard == ["a", "b", "c", "d", "e"]

    def test_gives_only_the_topics_asked_for(self, at):
        say("a", at)
        say("b", at, topic="catalog.edition")
        heard = Heard()
        listen(heard, at)
        assert heard == ["a"]

    def test_never_skips_an_event_that_commits_late(self, late, at):
        say("early", at, quiet=False)  # a higher id than the late one's, and visible first
        heard = Heard()
        listen(heard, at)
        late.commit()
        until_quiet()
        listen(heard, at)
        assert sorted(heard) == ["early", "late"]
        ids = dict(CrossServiceEvent.objects.using("catalog").values_list("subject_ref", "id"))
        assert ids["late"] < ids["early"], "the race this test is about did not happen"

    def test_waits_for_the_older_transaction_so_that_order_holds(self, late, at):
        say("early", at, quiet=False)
        heard = Heard()
        assert listen(heard, at) == 0
        late.commit()
        until_quiet()
        listen(heard, at)
        assert heard == ["late", "early"]

    def test_forgets_an_event_whose_transaction_was_undone(self, at):
        say_and_undo("never", at)
        say("a", at)
        heard = Heard()
        listen(heard, at)
        assert heard == ["a"]

    def test_stops_at_a_failing_event_and_begins_there_again(self, at):
        for name in "abc":
            say(name, at)
        heard = Heard()

        def fail_at_b(event: EventFact) -> None:
            if event.subject_ref == "b":
                raise ValueError("no such thing")
            heard(event)

        with pytest.raises(EventNotApplied) as refused:
            listen(fail_at_b, at)
        assert refused.value.event.subject_ref == "b"
        (lag,) = queries.lags()
        assert "no such thing" in lag.latest_error
        assert heard == ["a"]
        listen(heard, at)
        assert heard == ["a", "b", "c"]
        assert queries.lags()[0].latest_error == ""

    def test_undoes_what_a_failing_event_wrote_and_keeps_what_came_before(self, at):
        for name in "ab":
            say(name, at)

        def write(event: EventFact) -> None:
            ServiceSync.objects.create(consumer=event.subject_ref, source="written", updated_at=at)
            if event.subject_ref == "b":
                raise ValueError

        with pytest.raises(EventNotApplied):
            listen(write, at)
        assert list(ServiceSync.objects.filter(source="written").values_list("consumer", flat=True)) == ["a"]

    def test_does_not_double_when_two_run_at_once(self, at):
        for name in "abcdef":
            say(name, at)
        heard, start = Heard(), threading.Barrier(2)

        def slow(event: EventFact) -> None:
            time.sleep(0.02)
            heard(event)

        def run() -> None:
            try:
                start.wait(20)
                listen(slow, at, limit=4)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert heard == ["a", "b", "c", "d", "e", "f"]

    def test_loses_nothing_while_many_write_and_one_reads(self, at):
        """Writers commit in any order; every event arrives once, each writer's own in its order."""
        writing, heard = 4, Heard()

        def write(number: int) -> None:
            try:
                for turn in range(10):
                    with transaction.atomic(using="catalog"):
                        publish(using="catalog", topic=TOPIC, subject_ref=f"{number}-{turn}", payload={}, at=at)
                        time.sleep(0.001 * ((number + turn) % 3))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(writing)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            listen(heard, at, limit=7)
        until_quiet()
        while listen(heard, at):
            pass
        assert len(heard) == writing * 10
        for number in range(writing):
            own = [name for name in heard if name.startswith(f"{number}-")]
            assert own == [f"{number}-{turn}" for turn in range(10)]

    def test_keeps_the_cursor_of_a_consumer_in_its_own_database(self, at):
        say("a", at)
        heard = Heard()
        listen(heard, at, into="reading")
        listen(heard, at)
        assert heard == ["a", "a"]

    def test_refuses_a_source_whose_counter_went_back(self, at):
        say("a", at)
        listen(Heard(), at)
        ServiceSync.objects.update(position_xid=2**60)
        with pytest.raises(SourceRewound):
            listen(Heard(), at)
