"""`/healthz`: this process answers. `/readyz`: everything it needs is there, check by check."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config import durability, grants

log = logging.getLogger(__name__)

_SWEEP_KEY = "sweep:{}"
# A sweep this many times later than its interval (but at least two minutes) is called late.
_LATE_TIMES = 6
_LATE_SECONDS_MIN = 120


class NotReady(Exception):
    """One thing is missing; the text is for whoever watches, without addresses or secrets."""


@never_cache
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """503 when a check fails. Late sweeps are told, but do not take a web process that can store notifications away.

    Notes are for whoever set the installation up: nothing is broken.
    """
    results = {name: _run(name, check) for name, check in _checks().items()}
    sweeps = _sweep_ages()
    failed = any(result != "ok" for result in results.values())
    late = any(sweep["late"] for sweep in sweeps.values())
    status = "not ready" if failed else "degraded" if late else "ok"
    answer = {"status": status, "checks": results, "sweeps": sweeps, "notes": _notes()}
    return JsonResponse(answer, status=503 if failed else 200)


def is_sweep(name: str) -> bool:
    """Whether the task is one that beat starts."""
    return any(entry["task"] == name for entry in settings.CELERY_BEAT_SCHEDULE.values())


def note_sweep(name: str, at: datetime) -> None:
    """A sweep has finished. Kept in Redis: lost with it, and then simply unknown until the next one."""
    cache.set(_SWEEP_KEY.format(name), int(at.timestamp()), timeout=None)


def _checks() -> dict[str, Callable[[], None]]:
    checks: dict[str, Callable[[], None]] = {
        f"database {alias}": lambda alias=alias: _database(alias)  # type: ignore[misc]
        for alias in connections
    }
    return {**checks, "redis": _redis, "durability": _durability, "migrations": _migrations}


def _run(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as missing:
        return str(missing)
    except Exception as error:  # noqa: BLE001  # whatever is wrong with a server is this check's result, told below
        log.warning("not ready: %s: %s", name, type(error).__name__)
        return f"failed ({type(error).__name__})"
    return "ok"


def _database(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        client.ping()


def _durability() -> None:
    for complaint in (*durability.database_complaints(connections), *durability.redis_complaints()):
        raise NotReady(complaint)


def _migrations() -> None:
    for alias in connections:
        executor = MigrationExecutor(connections[alias])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise NotReady(f"{len(missing)} migrations are missing in the database {alias}: run manage.py migrate")


def _notes() -> list[str]:
    try:
        open_tables = grants.unfenced()
    except DatabaseError:
        return []  # the check of the database tells it
    if not open_tables:
        return []
    return [
        "the application's database role could change the ledger without the ledger's functions: "
        "see «Two roles» in docs/settings.md"
    ]


def _sweep_ages() -> Mapping[str, Mapping[str, int | bool]]:
    """How long ago each sweep finished, for those that are known."""
    schedule: Mapping[str, Any] = settings.CELERY_BEAT_SCHEDULE
    now = int(datetime.now(UTC).timestamp())
    try:
        finished = cache.get_many([_SWEEP_KEY.format(entry["task"]) for entry in schedule.values()])
    except redis.RedisError:
        return {}  # the check of Redis tells it
    return {
        name: _sweep(now - finished[key], int(entry["schedule"]))
        for name, entry in schedule.items()
        if (key := _SWEEP_KEY.format(entry["task"])) in finished
    }


def _sweep(age: int, interval: int) -> Mapping[str, int | bool]:
    return {"age_seconds": max(0, age), "late": age > max(_LATE_SECONDS_MIN, _LATE_TIMES * interval)}
