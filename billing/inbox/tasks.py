"""Celery: do what notifications ask for. Safe to lose, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from billing.inbox import operations
from billing.outbox import sweeps


@shared_task
def process(notification_id: int) -> None:
    operations.process(notification_id=notification_id, at=timezone.now())


@shared_task
def process_waiting() -> int:
    return sweeps.run(operations.process_one)
