"""Celery: sweeps that find by query what is due. Safe to lose, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from billing.outbox import sweeps
from billing.subscriptions import operations


@shared_task
def renew() -> int:
    """What is due by itself: trials that end, renewals, grace, expiry. What was paid is noted first."""
    operations.settle_due(at=timezone.now())
    return sweeps.run(operations.turn_some)


@shared_task
def ask() -> int:
    """First what a process left behind; each half of the time that one sweep has."""
    half = sweeps.BUDGET_SECONDS / 2
    return sweeps.run(operations.send_one, budget_seconds=half) + sweeps.run(operations.ask_one, budget_seconds=half)


@shared_task
def check_mandates() -> int:
    return sweeps.run(operations.check_one)


@shared_task
def recognise_revenue() -> int:
    return sweeps.run(operations.recognise_some)
