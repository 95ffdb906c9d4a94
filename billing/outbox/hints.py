"""Hints to the workers: "look now". Work is found by query, so a lost hint only costs the time to the next sweep."""

from typing import Any

from celery import current_app
from django.db import transaction


def after_commit(task: str, *args: Any) -> None:
    """Ask for a task by name once the current transaction is committed. A broker that is down is no error here."""

    def hint() -> None:
        current_app.send_task(task, args=args)

    transaction.on_commit(hint, robust=True)  # robust: whatever it raises is logged, and the caller goes on
