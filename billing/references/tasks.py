"""Celery: keep the local copies up to date."""

from celery import shared_task
from django.utils import timezone

from billing.references import operations


@shared_task
def refresh() -> int:
    """The sweep of the beat schedule; lost or doubled runs change nothing."""
    return operations.refresh(at=timezone.now())
