"""How a sweep goes through what is due: one item after the other, in a worker each with a clock of its own."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.utils import timezone

from billing.outbox import hints

# With one more item begun at its end it stays well below CELERY_TASK_TIME_LIMIT, which kills in the middle of a call.
BUDGET_SECONDS = 120.0
# Hints of all kinds wait in one queue: none may keep the others waiting for long.
LOOK_SECONDS = 5.0


class One(Protocol):
    """An operation that takes up one due item; whether there was one."""

    def __call__(self, *, at: datetime) -> bool: ...


def run(one: One, *, budget_seconds: float = BUDGET_SECONDS, clock: Callable[[], datetime] = timezone.now) -> int:
    """For tasks: until nothing is due or the time is used up; how many were taken up. What is left waits for the next.

    Each item reads the clock anew: minutes of slow calls under one `at` would give leases that are born expired.
    """
    ends = time.monotonic() + budget_seconds
    taken = 0
    while time.monotonic() < ends and one(at=clock()):
        taken += 1
    return taken


def look(one: One, *, task: str, clock: Callable[[], datetime] = timezone.now) -> None:
    """For tasks that a hint asked for: a short run. Whoever finds something asks for company: there may be more."""
    hints.begin(task)
    if one(at=clock()):
        hints.look_after_commit(task)
        run(one, budget_seconds=LOOK_SECONDS, clock=clock)
        hints.look_after_commit(task)


def count(one: One, *, at: datetime, limit: int) -> int:
    """At one moment, for callers that pass it in: until nothing is due, at most `limit`; how many were taken up."""
    for taken in range(limit):
        if not one(at=at):
            return taken
    return limit
