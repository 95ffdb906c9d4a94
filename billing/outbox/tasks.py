"""Celery: deliver what is due. Safe to lose, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from billing.outbox import operations


@shared_task
def deliver_due() -> int:
    return operations.deliver_due(at=timezone.now())
