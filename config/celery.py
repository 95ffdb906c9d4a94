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
# Celery's Django fixup would open every database connection anew for each task: half of a settlement's time went there.
# It leaves them alone this many tasks at a time, and `look_after_connections` does what Django does between requests.
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000


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


@signals.task_prerun.connect
@signals.task_postrun.connect
def look_after_connections(sender: Any = None, **_kwargs: Any) -> None:
    """Close what failed or is too old (`CONN_MAX_AGE`); what is kept is asked whether it still answers."""
    from django.db import close_old_connections

    if sender is not None and not sender.request.is_eager:  # an eager task runs in its caller's transaction
        close_old_connections()


@signals.task_success.connect
def note_sweep(sender: Any = None, **_kwargs: Any) -> None:
    """Readiness tells how long ago each sweep finished. Other tasks are nobody's matter: one less question to Redis."""
    from config import health

    if sender is not None and health.is_sweep(sender.name):
        health.note_sweep(sender.name, datetime.now(UTC))
