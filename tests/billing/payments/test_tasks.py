"""Tasks: they read the clock, call one operation, and mind neither strangers nor a broker that is down."""

import time
from datetime import timedelta

import pytest
from celery import current_app
from django.db import transaction

from billing.outbox import hints
from billing.payments import gateway, operations, queries, tasks
from billing.payments.models import PaymentTransaction
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

    def test_sweeps_ask_each_time_under_a_clock_of_its_own(self, at, wave):
        began = at - timedelta(seconds=30)
        reference_world(at=began)
        payments = [start(at=began) for _ in range(2)]
        wave.fault("get_session", "hang", seconds=1, times=1)
        assert tasks.poll_due() == 2
        first, second = PaymentTransaction.objects.order_by("checked_at")
        assert {first.pk, second.pk} == {payment.id for payment in payments}
        assert second.checked_at - first.checked_at >= timedelta(seconds=1)


class TestLease:
    def test_is_longer_than_asking_a_provider_may_take(self):
        """An adapter makes two calls at most: one for the session, one search."""
        longest = 2 * (gateway.LIMITS.connect_seconds + gateway.LIMITS.total_seconds)
        assert timedelta(seconds=longest) < operations.LEASE


class TestAfterCommit:
    @pytest.mark.django_db(transaction=True)
    def test_a_broker_that_is_down_is_no_error_and_no_long_wait(self, monkeypatch):
        nobody = current_app.connection_for_write("redis://127.0.0.1:1/0")
        monkeypatch.setattr(current_app, "producer_or_acquire", lambda producer=None: nobody.Producer())
        hints.begin("billing.outbox.tasks.look")  # none is on its way
        began = time.monotonic()
        with transaction.atomic():
            hints.look_after_commit("billing.outbox.tasks.look")
        assert time.monotonic() - began < 60  # Celery's own patience has no end
