"""The peers' virtual environment, their databases, and their rates."""

import hashlib
import json
import subprocess
import sys
import venv
from functools import cache
from typing import Any

from bench.ledger import run, server
from config import embedded

PEERS = ("hordak", "django_ledger", "python_accounting")
_LOCK = server.ROOT / "requirements" / "bench-peers.txt"
_SCRIPTS = server.ROOT / "bench" / "ledger" / "peers"


def install() -> str:
    """Make the virtual environment from the locked requirements, unless it is there. Why not, or nothing."""
    stamp, folder = _stamp(), embedded.var_dir() / "peers"
    if stamp.exists() and stamp.read_text() == _digest():
        return ""
    venv.create(folder, with_pip=True, clear=True)
    # Without dependencies: the lock names all that are needed.
    command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "--no-deps", "--require-hashes", "-r", _LOCK], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return f"peers not installed: {(done.stderr.strip().splitlines() or ['pip said nothing'])[-1]}"
    stamp.write_text(_digest())
    return ""


def rate(peer: str, seconds: float) -> float:
    """Transactions a second with eight processes.

    :raises DidNotRun: it is not installed, or does not work.
    """
    said = _program(peer, "--known", json.dumps(_prepared(peer)), "--seconds", str(seconds))
    if not said["entries"]:
        raise run.DidNotRun(f"none of {said['failed']} transactions succeeded")
    return float(said["entries"]) / float(said["seconds"])


@cache
def _prepared(peer: str) -> Any:
    """Its tables and accounts, in a database made anew."""
    server.create(_database(peer))
    return _program(peer, "--prepare")


def _program(peer: str, *arguments: str) -> Any:
    if not _stamp().exists():
        raise run.DidNotRun("not installed")
    python = embedded.var_dir() / "peers" / "bin" / "python"
    command = [python, _SCRIPTS / f"{peer}_sales.py", server.address(_database(peer)), *arguments]
    return run.program(command, seconds_max=900)


def _database(peer: str) -> str:
    return f"bench_peer_{peer}"


def _stamp() -> "Any":
    return embedded.var_dir() / "peers" / "installed.sha256"


def _digest() -> str:
    return hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()
