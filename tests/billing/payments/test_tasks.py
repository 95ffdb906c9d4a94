"""Tasks: they read the clock, call one operation, and mind neither strangers nor a broker that is down."""

import time

import pytest
from celery import current_app
from django.db import transaction

from billing.outbox import hints
from billing.payments import queries, tasks
from tests.factories.billing import reference_world
from tests.factories.payments import start

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    from django.utils import timezone

    return timezone.now()


class TestTasks:
    def test_refresh_settles_one_payment(self, at, wave):
        reference_world(at=at)
        payment = start(at=at)
        wave.approve(payment.provider_ref)
        tasks.refresh(payment.id)
        assert queries.payment(payment.id).state == "succeeded"

    def test_refresh_ignores_ids_nobody_knows(self):
        tasks.refresh("pay_none")

    def test_sweeps_find_nothing_to_do(self):
        assert (tasks.poll_due(), tasks.resume_unsent()) == (0, 0)


class TestAfterCommit:
    @pytest.mark.django_db(transaction=True)
    def test_a_broker_that_is_down_is_no_error_and_no_long_wait(self, monkeypatch):
        nobody = current_app.connection_for_write("redis://127.0.0.1:1/0")
        monkeypatch.setattr(current_app, "producer_or_acquire", lambda producer=None: nobody.Producer())
        began = time.monotonic()
        with transaction.atomic():
            hints.after_commit("billing.outbox.tasks.deliver_due")
        assert time.monotonic() - began < 3
