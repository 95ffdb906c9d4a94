"""A PostgreSQL and a Redis of the bench's own: durable, 1 GiB of shared buffers, databases made from one seed.

`bench_seed` is our real schema after the real migrations, with 10,000 accounts of each of two legal entities and ten
thousand postings. Every run starts from copies of it. It is made again when a migration of the ledger has changed.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from config import databases, embedded

ROOT = Path(__file__).resolve().parents[2]
SEED = "bench_seed"
LARGE = "bench_large"  # a copy of the large ledger, for one run
ROUNDS = embedded.DATABASES["default"]  # where the rounds post to; the other rounds' databases are copies as well
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    # A checkpoint should not fall into some rounds and not into others.
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "jit": "off",
    "autovacuum_naptime": "20s",
}
_MIGRATIONS = ROOT / "billing" / "ledger" / "migrations"


def settle(folder: Path) -> None:
    """Make this process, and those it starts, work in `folder` and on no server of anybody else's.

    Call it before anything reads Django's settings.
    """
    for variable in [*databases.ALIASES.values(), *databases.OWNER_ALIASES.values(), "REDIS_URL"]:
        os.environ.pop(variable, None)
        os.environ.pop(f"{variable}_FILE", None)
    os.environ |= {
        "COKO_VAR": str(folder),
        "COKO_MODE": "demo",
        "COKO_ROLE": "jobs",
        "COKO_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@contextmanager
def running() -> Iterator[None]:
    with embedded.services_if_needed(stop_always=True, postgresql_settings=SETTINGS):
        _assert_settings()
        yield


def environment(database: str = ROUNDS) -> dict[str, str]:
    """For a program that posts into `database` as the application does."""
    addresses = embedded.database_urls()
    given = {databases.ALIASES[alias]: address for alias, address in addresses.items()}
    given["DATABASE_URL"] = address(database, role=embedded.APPLICATION_ROLE)
    return {**os.environ, **given, "REDIS_URL": embedded.redis_url(), "PYTHONPATH": str(ROOT)}


def address(database: str, *, role: str = embedded.OWNER_ROLE) -> str:
    host = embedded.database_urls()["default"].partition("?")[2]
    return f"postgresql://{role}@/{database}?{host}"


def as_owner(database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(address(database), autocommit=True)


def exists(database: str) -> bool:
    with as_owner() as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).rowcount > 0


def create(database: str, *, like: str = "template1", is_large: bool = False) -> None:
    """Make it, instead of any that is there; a copy of `like`, in which nobody may be working.

    A large one is copied file by file, with a checkpoint before and after, instead of through the log.
    """
    name, origin = sql.Identifier(database), sql.Identifier(like)
    strategy = sql.SQL("FILE_COPY" if is_large else "WAL_LOG")
    with as_owner() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(name, origin, strategy))


def drop(database: str) -> None:
    with as_owner() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def rename(database: str, name: str) -> None:
    with as_owner() as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database), sql.Identifier(name))
        )


def drop_if_outdated() -> None:
    """Away with every database of ours that was made by other migrations than today's."""
    stamp, kept = _digest(), embedded.var_dir() / "migrations.sha256"
    if kept.exists() and kept.read_text() == stamp:
        return
    with as_owner() as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE datname ~ '^bench_' OR datname = %s", [ROUNDS]
        ).fetchall()
        for (name,) in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(ROUNDS)))
    kept.write_text(stamp)


def version() -> str:
    with as_owner() as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0])


def _digest() -> str:
    whole = hashlib.sha256()
    for path in [*sorted(_MIGRATIONS.glob("*.*")), Path(__file__).with_name("world.py")]:
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def _assert_settings() -> None:
    with as_owner() as connection:
        for name, wanted in SETTINGS.items():
            found = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            if found != (wanted,):
                raise SystemExit(f"bench: the server runs with {name} = {found}, not {wanted}; stop it and try again")
