"""Hints to the workers: "look now". Work is found by query, so a lost hint only costs the time to the next sweep."""

import contextlib

import redis
from celery import current_app
from django.core.cache import cache
from django.db import transaction

# A message that got lost keeps another from being sent no longer than this; one that waits longer gets company.
_ON_ITS_WAY_SECONDS = 5


def look_after_commit(task: str) -> None:
    """Ask for a look at what is waiting once the current transaction is committed. A broker that is down is no error.

    One message is enough for whatever is waiting: none is sent while another is on its way. The task says `begin`
    before it looks, so that what comes after asks again.
    """

    def hint() -> None:
        if _is_first(task):
            current_app.send_task(task)

    if not _is_asked_for(task):
        hint.asks_for = task  # type: ignore[attr-defined]  # told to those that come after
        transaction.on_commit(hint, robust=True)  # robust: whatever it raises is logged, and the caller goes on


def begin(task: str) -> None:
    """The look begins: it finds what was committed before now, whoever comes after must ask anew."""
    with contextlib.suppress(redis.RedisError):
        cache.delete(_key(task))


def _is_first(task: str) -> bool:
    try:
        return cache.add(_key(task), 1, timeout=_ON_ITS_WAY_SECONDS)
    except redis.RedisError:
        return True


def _key(task: str) -> str:
    return f"hint:{task}"


def _is_asked_for(task: str) -> bool:
    """Whether such a hint goes out anyway when the current transaction is committed.

    One that waits in a savepoint other than ours does not count: it may be rolled back, and we may not.
    """
    connection = transaction.get_connection()
    ours = set(connection.savepoint_ids)
    return any(
        getattr(waiting, "asks_for", None) == task and savepoints <= ours
        for savepoints, waiting, *_ in connection.run_on_commit
    )
