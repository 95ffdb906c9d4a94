"""A PostgreSQL and a Redis of the bench's own, durable, with the demo world's books and prices and no sale yet."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from billing.outbox import hints
from config import databases, embedded

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    # A checkpoint should not fall into some rounds and not into others.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}


def settle(folder: Path) -> None:
    """Make this process, and those it starts, work in `folder` and on no server or wallet of anybody else's.

    Call it before anything reads Django's settings.
    """
    for variable in [*databases.ALIASES.values(), *databases.OWNER_ALIASES.values(), "REDIS_URL"]:
        os.environ.pop(variable, None)
        os.environ.pop(f"{variable}_FILE", None)
    for name in [name for name in os.environ if name.startswith(("PROVIDER_", "COKO_", "PYTHONPATH"))]:
        del os.environ[name]
    os.environ |= {
        "COKO_VAR": str(folder),
        "COKO_MODE": "demo",
        "COKO_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@contextmanager
def running() -> Iterator[None]:
    """The two servers, and the four databases with the demo world in them."""
    with embedded.services_if_needed(stop_always=True, postgresql_settings=SETTINGS):
        _assert_settings()
        quiet = {**os.environ, "COKO_LOG_LEVEL": "ERROR"}
        for command in (["prepare"], ["demo", "--sales", "0"]):
            subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=quiet, check=True, stdout=subprocess.DEVNULL
            )
        yield


def address(database: str) -> str:
    host = embedded.database_urls()["default"].partition("?")[2]
    return f"postgresql://{embedded.OWNER_ROLE}@/{database}?{host}"


def as_owner(database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(address(database), autocommit=True)


def broker() -> redis.Redis:
    return redis.Redis.from_url(embedded.redis_url())


def empty_inbox() -> None:
    """Forget every notification and every hint to the workers: the next measurement begins with neither."""
    with as_owner(embedded.DATABASES["default"]) as connection:
        connection.execute("SET session_replication_role = 'replica'")  # past the trigger that keeps what was received
        connection.execute("TRUNCATE inbox_providernotification")
    with broker() as client:
        client.delete("celery")
    hints.begin("billing.inbox.tasks.look")
    hints.begin("billing.outbox.tasks.look")


def process_ids() -> dict[str, int]:
    """The two servers, by name."""
    return {
        "PostgreSQL": int((embedded.var_dir() / "postgresql" / "postmaster.pid").read_text().split()[0]),
        "Redis": int((embedded.var_dir() / "redis" / "redis.pid").read_text()),
    }


def version() -> str:
    with as_owner() as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0])


def _assert_settings() -> None:
    with as_owner() as connection:
        for name, wanted in SETTINGS.items():
            found = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            if found != (wanted,):
                raise SystemExit(f"bench: the server runs with {name} = {found}, not {wanted}; stop it and try again")
