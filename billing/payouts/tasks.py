"""Celery: sweeps that find by query what is due. Safe to lose, safe to run twice."""

from celery import shared_task

from billing.outbox import sweeps
from billing.payouts import operations


@shared_task
def send_due() -> int:
    return sweeps.run(operations.send_one)


@shared_task
def poll_due() -> int:
    return sweeps.run(operations.poll_one)
