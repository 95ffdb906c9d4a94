"""Celery: a hint channel, never a store of money work. Losing every message loses nothing (see README)."""

import logging.config
import os
from datetime import UTC, datetime
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("coko")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
def refuse_unsafe_servers(**_kwargs: Any) -> None:
    """A worker that could lose acknowledged money, or cannot find out, does not start."""
    from django.db import DatabaseError
    from redis import RedisError

    from config.durability import NotDurable, assert_durable

    try:
        assert_durable()
    except (NotDurable, DatabaseError, RedisError) as refusal:
        # Celery logs what a signal's receiver raises and goes on; only leaving the process stops the worker.
        raise SystemExit(f"coko: {refusal}") from refusal


@signals.setup_logging.connect
def use_our_logs(**_kwargs: Any) -> None:
    """Worker and beat write the same masked lines as the web."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.task_success.connect
def note_sweep(sender: Any = None, **_kwargs: Any) -> None:
    """Readiness tells how long ago each sweep finished."""
    from config import health

    if sender is not None:
        health.note_sweep(sender.name, datetime.now(UTC))
