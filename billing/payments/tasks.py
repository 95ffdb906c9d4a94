"""Celery: sweeps that find by query what is due. Safe to lose, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from billing.outbox import sweeps
from billing.payments import operations


@shared_task
def resume_unsent() -> int:
    return sweeps.run(operations.resume_one)


@shared_task
def poll_due() -> int:
    return sweeps.run(operations.poll_one)


@shared_task
def refresh(payment_ref: str) -> None:
    """Ask about one payment now; an id nobody knows is ignored."""
    try:
        operations.refresh(payment_ref=payment_ref, source="poll", at=timezone.now())
    except operations.NoSuchPayment:
        return
