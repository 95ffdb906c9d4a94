"""What the beat asks of royalty runs."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from royalties.runs import operations

_MEMORY = timedelta(days=400)


@shared_task(name="royalties.runs.tasks.accrue_new_sales")
def accrue_new_sales() -> None:
    """Every minute: what was sold since the last time."""
    operations.accrue(at=timezone.now())


@shared_task(name="royalties.runs.tasks.rescan_sales")
def rescan_sales() -> None:
    """Once a day: sales that became visible long after they were paid (imports, repaired payments)."""
    now = timezone.now()
    operations.rescan(paid_from=now - _MEMORY, paid_until=now, at=now)
