"""Starts a program that prints one line of JSON, and reads it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.ledger import server


class DidNotRun(Exception):
    """The program ended badly; the sentence is its last one."""


def driver(name: str, *arguments: object, database: str = server.ROUNDS) -> float:
    """Entries a second of one of `drivers/`, run on its own with the application's role."""
    said = program(
        [sys.executable, "-m", f"bench.ledger.drivers.{name}", *map(str, arguments)],
        environment=server.environment(database),
    )
    return float(said["entries"]) / float(said["seconds"])


def program(command: list[str | Path], *, environment: dict[str, str] | None = None, seconds_max: float = 300) -> Any:
    """
    :raises DidNotRun: it failed, or said nothing.
    """
    try:
        done = subprocess.run(
            command, env=environment, cwd=server.ROOT, capture_output=True, text=True, timeout=seconds_max, check=False
        )
    except subprocess.TimeoutExpired:
        raise DidNotRun(f"had not ended after {seconds_max:.0f} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        raise DidNotRun((done.stderr.strip().splitlines() or ["said nothing"])[-1][:200])
    return json.loads(lines[-1])
