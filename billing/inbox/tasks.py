"""Celery: do what notifications ask for. Safe to lose, safe to run twice."""

from celery import shared_task

from billing.inbox import operations
from billing.outbox import sweeps


@shared_task
def look() -> None:
    sweeps.look(operations.process_one, task=operations.LOOK)


@shared_task
def process_waiting() -> int:
    return sweeps.run(operations.process_one)
