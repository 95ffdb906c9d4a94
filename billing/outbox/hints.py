"""Hints to the workers: "look now". Work is found by query, so a lost hint only costs the time to the next sweep."""

from typing import Any

from celery import current_app
from django.db import transaction


def after_commit(task: str, *args: Any) -> None:
    """Ask for a task by name once the current transaction is committed. A broker that is down is no error here.

    One look is enough, however many things of one transaction ask for it.
    """

    def hint() -> None:
        current_app.send_task(task, args=args)

    if not _is_waiting(task, args):
        hint.asks_for = (task, args)  # type: ignore[attr-defined]  # told to those that come after
        transaction.on_commit(hint, robust=True)  # robust: whatever it raises is logged, and the caller goes on


def _is_waiting(task: str, args: tuple[Any, ...]) -> bool:
    """Whether such a hint goes out anyway when the current transaction is committed.

    One that waits in a savepoint other than ours does not count: it may be rolled back, and we may not.
    """
    connection = transaction.get_connection()
    ours = set(connection.savepoint_ids)
    return any(
        getattr(waiting, "asks_for", None) == (task, args) and savepoints <= ours
        for savepoints, waiting, *_ in connection.run_on_commit
    )
