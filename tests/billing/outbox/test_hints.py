"""One hint a transaction for the same look, and none lost with a savepoint."""

from unittest import mock

import pytest
from django.db import transaction

from billing.outbox import hints

TASK = "billing.outbox.tasks.deliver_due"


@pytest.fixture
def sent(monkeypatch):
    sending = mock.Mock()  # the broker is Celery's matter; what we ask it for is ours
    monkeypatch.setattr(hints.current_app, "send_task", sending)
    return sending


@pytest.mark.django_db
class TestAfterCommit:
    def test_sends_equal_hints_once(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            hints.after_commit(TASK)
            hints.after_commit(TASK)
        sent.assert_called_once_with(TASK, args=())

    def test_sends_hints_of_other_things_too(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            hints.after_commit("billing.inbox.tasks.process", 1)
            hints.after_commit("billing.inbox.tasks.process", 2)
        assert [call.kwargs["args"] for call in sent.call_args_list] == [(1,), (2,)]

    def test_counts_on_no_savepoint_that_may_be_rolled_back(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            savepoint = transaction.atomic()
            savepoint.__enter__()
            hints.after_commit(TASK)
            transaction.set_rollback(True)
            savepoint.__exit__(None, None, None)
            hints.after_commit(TASK)
        sent.assert_called_once_with(TASK, args=())

    def test_inside_a_savepoint_counts_on_the_transaction_around_it(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            hints.after_commit(TASK)
            with transaction.atomic():
                hints.after_commit(TASK)
        sent.assert_called_once_with(TASK, args=())
