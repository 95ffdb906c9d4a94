"""pgbench, the wheel's own: TPC-B as the yardstick, and our single entries by a script."""

import re
import subprocess
from pathlib import Path

from bench.ledger import server
from bench.ledger.run import DidNotRun
from config import embedded

TPCB = "bench_tpcb"


def make_tpcb(scale: int) -> None:
    """The four tables of TPC-B, unless they are there at that scale."""
    if server.exists(TPCB):
        with server.as_owner(TPCB) as connection:
            if connection.execute("SELECT count(*) FROM pgbench_branches").fetchone() == (scale,):
                return
    server.create(TPCB)
    _run(TPCB, "-i", "-q", "-s", str(scale), role=embedded.OWNER_ROLE)
    with server.as_owner(TPCB) as connection:
        connection.execute("CHECKPOINT")


def tpcb(seconds: float, *, clients: int = 8) -> float:
    """Transactions a second."""
    with server.as_owner(TPCB) as connection:
        connection.execute("VACUUM pgbench_branches, pgbench_tellers")  # as pgbench does itself before a run
        connection.execute("TRUNCATE pgbench_history")
    return _rate(TPCB, seconds, clients, "-n", role=embedded.OWNER_ROLE)


def script(database: str, text: str, seconds: float, *, clients: int = 8) -> float:
    """Entries a second by this script, as the application's role."""
    path = embedded.var_dir() / "script.sql"
    path.write_text(text)
    return _rate(database, seconds, clients, "-n", "-f", str(path), role=embedded.APPLICATION_ROLE)


def _rate(database: str, seconds: float, clients: int, *arguments: str, role: str) -> float:
    whole = ("-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds))))
    said = _run(database, *whole, *arguments, role=role)
    if "number of failed transactions: 0 " not in said:
        raise DidNotRun(f"pgbench: transactions failed\n{said}")
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise DidNotRun(f"pgbench said no rate\n{said}")
    return float(found[1])


def _run(database: str, *arguments: str, role: str) -> str:
    program: Path = embedded.postgresql_bin() / "pgbench"
    done = subprocess.run(
        [program, *arguments, server.address(database, role=role)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise DidNotRun(f"pgbench: {done.stderr.strip()}")
    return done.stdout
