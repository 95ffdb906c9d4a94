"""`make run`: the whole of Coko on one machine, until Ctrl-C.

Starts PostgreSQL and Redis (embedded, unless addresses are given), prepares the databases and the demo world, then the
simulators, web, worker and beat. A program that dies is started again after a second: everything it was doing is in
PostgreSQL and is picked up again.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from config import databases, embedded, env

_STOP_SECONDS_MAX = 12
_START_SECONDS_MAX = 180
_BIN = Path(sys.executable).parent


class CannotRun(Exception):
    """Something on this machine is in the way; the sentence says what and how to go round it."""


@dataclass(slots=True)
class Program:
    """One process of the running system, and how to start it again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, log_dir: Path) -> None:
        log = (log_dir / f"{self.name}.log").open("ab")
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C comes to us alone, and we stop the others in order
            preexec_fn=_die_with_parent,
        )
        log.close()

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _die_with_parent() -> None:
    """Should this process be killed outright, its programs must not stay behind and hold the ports."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def main() -> int:
    try:
        with _only_one():
            port, simulator_port = _free_ports()
            with embedded.services_if_needed(stop_always=True):
                return _run(port, simulator_port)
    except (CannotRun, embedded.EmbeddedRefused) as refusal:
        sys.stderr.write(f"coko: {refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 130


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    embedded.var_dir().mkdir(parents=True, exist_ok=True)
    with (embedded.var_dir() / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"already running with the data under {embedded.var_dir()}") from None
        yield


def _free_ports() -> tuple[int, int]:
    try:
        port = env.integer("PORT", 8000, low=1, high=65_000)
        simulator_port = env.integer("COKO_SIMULATOR_PORT", port + 90, low=1, high=65_535)
    except env.BadEnvironment as error:
        raise CannotRun(str(error)) from None
    for number, variable in ((port, "PORT"), (simulator_port, "COKO_SIMULATOR_PORT")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                hint = f"{variable}={number + 1 if variable == 'COKO_SIMULATOR_PORT' else number + 100}"
                raise CannotRun(f"port {number} is taken; choose another, for example: make run {hint}") from None
    return port, simulator_port


def _run(port: int, simulator_port: int) -> int:
    environment = _environment(port, simulator_port)
    quiet = {**environment, "COKO_LOG_LEVEL": "WARNING"}
    prepared = subprocess.run([sys.executable, "manage.py", "prepare", "--demo"], env=quiet, check=False)
    if prepared.returncode != 0:
        raise CannotRun("the databases could not be prepared; see above")
    log_dir = embedded.var_dir() / "log"
    log_dir.mkdir(exist_ok=True)
    programs = every_program(environment, port, simulator_port)
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        for program in programs:
            program.start(log_dir)
        _wait_until_served(port, programs, log_dir)
        subprocess.run([sys.executable, "manage.py", "demo", "--card"], env=quiet, check=False)
        _watch(programs, log_dir)
    except KeyboardInterrupt:
        sys.stdout.write("\nStopping…\n")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for program in reversed(programs):
            program.stop()
    sys.stdout.write("Stopped. The data stays; `make run` continues where this ended.\n")
    return 0


def _environment(port: int, simulator_port: int) -> dict[str, str]:
    metrics = embedded.var_dir() / "metrics"
    metrics.mkdir(exist_ok=True)
    for old in metrics.glob("*.db"):
        old.unlink()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": str(port),
        "COKO_SIMULATOR_PORT": str(simulator_port),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUNBUFFERED": "1",
    }


def _without_owner(environment: dict[str, str]) -> dict[str, str]:
    """What serves and works has no use for the address of the tables' owner: only `prepare` is told it."""
    owners = {f"{name}{end}" for name in databases.OWNER_ALIASES.values() for end in ("", "_FILE")}
    return {name: value for name, value in environment.items() if name not in owners}


def every_program(environment: dict[str, str], port: int, simulator_port: int) -> list[Program]:
    """What `make run` starts, in that order: simulators, worker, beat, web."""
    environment = _without_owner(environment)
    jobs = {**environment, "COKO_ROLE": "jobs"}
    return [
        Program(
            "simulators",
            [
                *(sys.executable, "manage.py", "simulate_providers"),
                *("--port", str(simulator_port)),
                *("--webhooks-to", f"http://127.0.0.1:{port}/webhooks"),
                *("--book", str(embedded.var_dir() / "simulator.sqlite3")),
            ],
            environment,
        ),
        Program("worker", [str(_BIN / "celery"), "-A", "config", "worker", "-c", "2", "-l", "INFO"], jobs),
        Program("beat", [str(_BIN / "celery"), "-A", "config", "beat", "-l", "WARNING", "--pidfile="], jobs),
        Program(
            "web",
            [
                *(str(_BIN / "gunicorn"), "config.wsgi", "--bind", f"127.0.0.1:{port}"),
                *("--workers", "2", "--threads", "4", "--timeout", "60", "--access-logfile", "-"),
            ],
            environment,
        ),
    ]


def _wait_until_served(port: int, programs: list[Program], log_dir: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < deadline:
        dead = next((program for program in programs if program.died()), None)
        if dead:
            raise CannotRun(f"{dead.name} stopped at once; see {log_dir / dead.name}.log")
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise CannotRun(f"web did not answer within {_START_SECONDS_MAX} s; see {log_dir}/web.log")


def _watch(programs: list[Program], log_dir: Path) -> None:
    while True:
        time.sleep(1)
        for program in programs:
            if program.died():
                sys.stderr.write(f"coko: {program.name} died and is started again; see {log_dir / program.name}.log\n")
                program.start(log_dir)


def _as_interrupt(signum: int, frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
