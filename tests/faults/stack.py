"""The real thing in pieces that can be killed: web, worker, beat and simulators as processes of their own.

They run on databases and a Redis number of their own inside the tests' embedded servers, with short sweeps and leases.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import redis
import requests
from psycopg import sql

from config import embedded
from providers import simulation

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 45


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, why: str = "") -> Any:
    """Ask again until the answer is true; the answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if answer := what():
                return answer
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            pass  # being started again
        time.sleep(0.15)
    raise AssertionError(f"not within {seconds} s: {why or what}")


class Stack:
    """One running Coko."""

    def __init__(self, folder: Path, name: str, redis_number: int) -> None:
        self.folder, self.name = folder, name
        self.port, self.simulator_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.simulator_url = f"http://127.0.0.1:{self.simulator_port}"
        main, owner = (
            addresses["default"].replace("/coko_main?", f"/{name}?")
            for addresses in (embedded.database_urls(), embedded.database_owner_urls())
        )
        self.environment = {
            **os.environ,
            "COKO_MODE": "demo",
            "COKO_VAR": str(folder),
            "DATABASE_URL": main,
            "DATABASE_OWNER_URL": owner,
            "REDIS_URL": f"{embedded.redis_url()}?db={redis_number}",
            "PORT": str(self.port),
            "COKO_SIMULATOR_PORT": str(self.simulator_port),
            "COKO_SWEEP_SECONDS": "1",
            "COKO_LEASE_SECONDS": "3",
            "COKO_IDEMPOTENCY_LOCK_SECONDS": "3",
        }
        self.job_processes = 1
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.key = ""
        self.mark = folder / "never"  # the file that the process to crash makes just before

    def prepare(self) -> None:
        """Databases, and a demo world without past sales."""
        self.drop_databases()
        self.empty_the_broker()
        self.manage("prepare")
        self.manage("demo", "--sales", "0")
        self.key = json.loads((self.folder / "demo-api-key.json").read_text())["api_key"]

    def drop_databases(self) -> None:
        """What an earlier run left behind."""
        server = self.environment["DATABASE_OWNER_URL"].replace(f"/{self.name}?", "/postgres?")
        with psycopg.connect(server, autocommit=True) as connection:
            for name in (self.name, *(f"{self.name}_{alias}" for alias in ("auth", "catalog", "reading"))):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def commands(self) -> dict[str, list[str]]:
        celery = [str(BIN / "celery"), "-A", "config"]
        return {
            "simulators": [
                sys.executable, "manage.py", "simulate_providers", "--port", str(self.simulator_port),
                "--webhooks-to", f"{self.url}/webhooks", "--book", str(self.folder / "book.sqlite3"),
            ],
            "worker": [*celery, "worker", "-c", str(self.job_processes), "-l", "WARNING"],
            "beat": [*celery, "beat", "-l", "WARNING", "--pidfile="],
            "web": [
                str(BIN / "gunicorn"), "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "1",
                "--threads", "4", "--log-level", "warning", "--no-control-socket",
            ],
        }  # fmt: skip

    def start(self, *names: str, crash_at: str = "") -> None:
        """Start these, or everything; with `crash_at` they kill themselves once at that point."""
        self.mark = self.folder / f"crashed-{uuid4().hex}"
        crash = {"COKO_CRASH_AT": crash_at, "COKO_CRASH_ONCE": str(self.mark)}
        for name in names or self.commands():
            role = {"COKO_ROLE": "jobs"} if name in ("worker", "beat") else {}
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self.commands()[name],
                    cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
                    env={**self.environment, **role, **(crash if crash_at else {})},
                )  # fmt: skip
        if "web" in self.processes:
            eventually(lambda: requests.get(f"{self.url}/healthz", timeout=5).ok, why="web answers")
        if "simulators" in self.processes:
            eventually(lambda: self.simulators.movements() is not None, why="simulators answer")

    def crashed(self) -> bool:
        """Whether the process that was started to crash has done so."""
        return self.mark.exists()

    def restart(self, *names: str, crash_at: str = "") -> None:
        """Kill these where they run, and start them, to crash once at that point."""
        self.kill(*(name for name in names if name in self.processes))
        self.start(*names, crash_at=crash_at)

    def kill(self, *names: str) -> None:
        """SIGKILL, children too, as the kernel would."""
        for name in names or list(self.processes):
            process = self.processes.pop(name)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + 5
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    @property
    def simulators(self) -> simulation.Running:
        return simulation.Running(self.simulator_url)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the money database says, asked past our own code."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def empty_the_broker(self) -> None:
        """Every queued message is gone, as after a Redis crash without its file."""
        redis.Redis.from_url(self.environment["REDIS_URL"]).flushdb()

    # What an API client does

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        return requests.request(method, f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=20)

    def read(self, path: str) -> dict[str, Any]:
        """GET as a good client on a bad network: again, until there is an answer."""
        return dict(eventually(lambda: self.call("GET", path).json(), why=f"GET {path} is answered"))

    def insist(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST as a good client on a bad network: the same key until there is an answer."""
        key = uuid4().hex

        def answered() -> dict[str, Any] | None:
            answer = self.call("POST", path, body, key)
            if answer.status_code == 409 and answer.json()["code"] == "idempotency_key_busy":
                return None  # the first one is still held to be running
            assert answer.status_code == 201, answer.text
            return dict(answer.json())

        return dict(eventually(answered, why=f"POST {path} is answered"))


@contextmanager
def running(folder: Path, name: str, redis_number: int) -> Iterator[Stack]:
    stack = Stack(folder, name, redis_number)
    stack.prepare()
    try:
        yield stack
    finally:
        stack.stop()
