"""Going through what is due."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings

from billing.outbox import hints, sweeps

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Queue:
    """So many due items; keeps the moments at which they were taken up."""

    def __init__(self, due: int) -> None:
        self.due = due
        self.moments: list[datetime] = []

    def take_one(self, *, at: datetime) -> bool:
        if len(self.moments) == self.due:
            return False
        self.moments.append(at)
        return True


class TestRun:
    def test_gives_each_item_a_clock_of_its_own(self):
        queue, moments = Queue(3), (AT + timedelta(seconds=40 * n) for n in range(9))
        assert sweeps.run(queue.take_one, clock=lambda: next(moments)) == 3
        assert queue.moments == [AT, AT + timedelta(seconds=40), AT + timedelta(seconds=80)]

    def test_stops_when_its_time_is_used_up(self):
        queue = Queue(10**9)
        assert sweeps.run(queue.take_one, budget_seconds=0.01) == len(queue.moments) > 0

    def test_ends_with_one_more_item_before_the_worker_is_killed(self):
        assert sweeps.BUDGET_SECONDS + settings.LEASE_SECONDS < settings.CELERY_TASK_TIME_LIMIT


@pytest.mark.django_db(transaction=True)
class TestLook:
    TASK = "billing.outbox.tasks.look"

    @pytest.fixture
    def sent(self, monkeypatch):
        sending = mock.Mock()
        monkeypatch.setattr(hints.current_app, "send_task", sending)
        yield sending
        hints.begin(self.TASK)

    def test_works_off_what_is_due_and_asks_for_company(self, sent):
        queue = Queue(3)
        sweeps.look(queue.take_one, task=self.TASK)
        assert len(queue.moments) == 3
        sent.assert_called_once_with(self.TASK)

    def test_that_finds_nothing_asks_nobody(self, sent):
        sweeps.look(Queue(0).take_one, task=self.TASK)
        sent.assert_not_called()

    def test_is_short_and_leaves_the_rest_to_another(self, sent, monkeypatch):
        monkeypatch.setattr(sweeps, "LOOK_SECONDS", 0.01)
        queue = Queue(10**9)
        sweeps.look(queue.take_one, task=self.TASK)
        assert len(queue.moments) > 0
        sent.assert_called_once_with(self.TASK)


class TestCount:
    def test_takes_up_at_most_the_limit(self):
        queue = Queue(3)
        assert [sweeps.count(queue.take_one, at=AT, limit=2) for _ in range(3)] == [2, 1, 0]
        assert set(queue.moments) == {AT}
