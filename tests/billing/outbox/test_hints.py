"""One hint for whatever is waiting, and none lost with a savepoint."""

import time
from unittest import mock

import pytest
import redis
from django.core.cache import cache
from django.db import transaction

from billing.outbox import hints

TASK = "billing.outbox.tasks.look"


OTHER = "billing.inbox.tasks.look"


@pytest.fixture(autouse=True)
def nothing_on_its_way():
    for task in (TASK, OTHER):
        hints.begin(task)
    yield
    for task in (TASK, OTHER):
        hints.begin(task)


def eventually(holds, *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def sent(monkeypatch):
    sending = mock.Mock()  # the broker is Celery's matter; what we ask it for is ours
    monkeypatch.setattr(hints.current_app, "send_task", sending)
    return sending


@pytest.mark.django_db
class TestAfterCommit:
    def test_sends_equal_hints_once(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            hints.look_after_commit(TASK)
            hints.look_after_commit(TASK)
        sent.assert_called_once_with(TASK)

    def test_sends_hints_of_other_things_too(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            hints.look_after_commit(TASK)
            hints.look_after_commit(OTHER)
        assert [call.args for call in sent.call_args_list] == [(TASK,), (OTHER,)]

    def test_is_sent_when_nobody_can_say_whether_one_is_on_its_way(
        self, sent, django_capture_on_commit_callbacks, monkeypatch
    ):
        monkeypatch.setattr(cache, "add", mock.Mock(side_effect=redis.ConnectionError))
        with django_capture_on_commit_callbacks(execute=True):
            hints.look_after_commit(TASK)
        sent.assert_called_once_with(TASK)

    def test_counts_on_no_savepoint_that_may_be_rolled_back(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            savepoint = transaction.atomic()
            savepoint.__enter__()
            hints.look_after_commit(TASK)
            transaction.set_rollback(True)
            savepoint.__exit__(None, None, None)
            hints.look_after_commit(TASK)
        sent.assert_called_once_with(TASK)

    def test_inside_a_savepoint_counts_on_the_transaction_around_it(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            hints.look_after_commit(TASK)
            with transaction.atomic():
                hints.look_after_commit(TASK)
        sent.assert_called_once_with(TASK)


@pytest.mark.django_db(transaction=True)
class TestOneAfterAnother:
    def test_sends_none_while_one_is_on_its_way(self, sent):
        for _ in range(3):
            hints.look_after_commit(TASK)
        sent.assert_called_once_with(TASK)

    def test_sends_another_once_the_look_began(self, sent):
        for _ in range(2):
            hints.look_after_commit(TASK)
            hints.begin(TASK)
        assert sent.call_count == 2

    def test_does_not_wait_for_ever_for_one_that_got_lost(self, sent, monkeypatch):
        monkeypatch.setattr(hints, "_ON_ITS_WAY_SECONDS", 1)
        for _ in range(2):
            hints.look_after_commit(TASK)
            eventually(lambda: cache.get(f"hint:{TASK}") is None)
        assert sent.call_count == 2
