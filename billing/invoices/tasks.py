"""Celery: read the clock, call one operation. Safe to lose, safe to run twice."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from billing.invoices import pdf

# A paper takes a third of a second of a processor: a few at a time, so that payments go first.
AT_ONCE = 20
# Older ones are made when somebody asks; a worker that stood still for a week has other things to catch up with.
LOOK_BACK = timedelta(days=7)


@shared_task
def print_missing() -> int:
    return pdf.render_missing(since=timezone.now() - LOOK_BACK, limit=AT_ONCE)
