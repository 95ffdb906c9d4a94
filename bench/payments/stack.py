"""Coko's own programs as `make run` starts them: web and worker of one source tree, and the simulators for all."""

import os
import time
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.payments import server
from config import embedded, run
from config.celery import app

_START_SECONDS_MAX = 120
QUEUE = "celery"


@dataclass(slots=True)
class Stack:
    """Web and worker of one tree. The worker takes nothing until it is told to."""

    name: str
    tree: Path
    port: int
    simulator_port: int
    web: run.Program = field(init=False)
    worker: run.Program = field(init=False)

    def start(self) -> None:
        log_dir = _log_dir()
        programs = {
            program.name: program for program in run.every_program(_environment(self), self.port, self.simulator_port)
        }
        self.web, self.worker = programs["web"], programs["worker"]
        self.worker.command += ["-n", self.host]
        with chdir(self.tree):
            for program in (self.web, self.worker):
                program.name = f"{program.name}-{self.name}"
                program.start(log_dir)
        self._wait(log_dir)
        self.pause()

    def stop(self) -> None:
        for program in (self.worker, self.web):
            program.stop()

    def pause(self) -> None:
        """The worker takes nothing new."""
        app.control.cancel_consumer(QUEUE, destination=[self.host], reply=True, timeout=10)

    def go(self) -> None:
        app.control.add_consumer(QUEUE, destination=[self.host])

    @property
    def host(self) -> str:
        return f"{self.name}@bench"

    def process_ids(self) -> dict[str, int]:
        assert self.web.process
        assert self.worker.process
        return {"web": self.web.process.pid, "worker": self.worker.process.pid}

    def _wait(self, log_dir: Path) -> None:
        ends = time.monotonic() + _START_SECONDS_MAX
        while not (_is_served(self.port) and app.control.ping(destination=[self.host], timeout=1)):
            if time.monotonic() > ends or self.web.died() or self.worker.died():
                raise SystemExit(f"bench: web or worker did not start; see {log_dir}")


def simulators(simulator_port: int) -> run.Program:
    """Every provider's simulator. They send nothing by themselves: the bench posts what they would."""
    stack = Stack("simulators", server.ROOT, 1, simulator_port)
    found = next(one for one in run.every_program(_environment(stack), 1, simulator_port) if one.name == "simulators")
    at = found.command.index("--webhooks-to")
    found.command[at + 1] = ""
    with chdir(server.ROOT):
        found.start(_log_dir())
    return found


def book_path() -> Path:
    return embedded.var_dir() / "simulator.sqlite3"


def _log_dir() -> Path:
    folder = embedded.var_dir() / "log"
    folder.mkdir(exist_ok=True)
    return folder


def _environment(stack: Stack) -> dict[str, str]:
    metrics = embedded.var_dir() / f"metrics-{stack.name}"
    metrics.mkdir(exist_ok=True)
    for old in metrics.glob("*.db"):
        old.unlink()
    return {
        **os.environ,
        "COKO_LOG_LEVEL": "INFO",  # as in `make run`: writing the lines is part of the work
        "PORT": str(stack.port),
        "COKO_SIMULATOR_PORT": str(stack.simulator_port),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUNBUFFERED": "1",
    }


def _is_served(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        time.sleep(0.2)
        return False
