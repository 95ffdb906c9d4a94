"""Celery: deliver what is due. Safe to lose, safe to run twice."""

from celery import shared_task

from billing.outbox import operations, sweeps


@shared_task
def deliver_due() -> int:
    return sweeps.run(operations.deliver_one)


@shared_task
def look() -> None:
    sweeps.look(operations.deliver_one, task=operations.LOOK)
