"""Celery: read the clock, call one operation. Safe to lose, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from billing.pricing import operations


@shared_task
def release_forgotten() -> int:
    return operations.release_forgotten(at=timezone.now())
