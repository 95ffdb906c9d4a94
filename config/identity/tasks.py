"""Celery: read the clock, call one operation."""

from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from config.identity import limits, tokens


@shared_task
def forget_expired() -> None:
    """Counters, token families and sessions whose time is over."""
    now = timezone.now()
    limits.forget_old(at=now)
    tokens.forget_expired(at=now)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
