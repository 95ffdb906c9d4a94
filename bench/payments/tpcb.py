"""pgbench's TPC-B on the same server: what a transaction a second means on this machine, in this minute."""

import re
import subprocess

from bench.payments import server
from config import embedded

_DATABASE = "bench_tpcb"


def make(scale: int) -> None:
    """The four tables, unless they are there at that scale."""
    with server.as_owner() as connection:
        there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE]).rowcount > 0
        if not there:
            connection.execute(f"CREATE DATABASE {_DATABASE}")
    if there:
        with server.as_owner(_DATABASE) as connection:
            if connection.execute("SELECT count(*) FROM pgbench_branches").fetchone() == (scale,):
                return
    _run("-i", "-q", "-s", str(scale))


def rate(seconds: float) -> float:
    """Transactions a second, of 8 clients."""
    with server.as_owner(_DATABASE) as connection:
        connection.execute("VACUUM pgbench_branches, pgbench_tellers")
        connection.execute("TRUNCATE pgbench_history")
    said = _run("-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(max(1, round(seconds))))
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found, said
    return float(found[1])


def _run(*arguments: str) -> str:
    program = embedded.postgresql_bin() / "pgbench"
    done = subprocess.run([program, *arguments, server.address(_DATABASE)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: pgbench: {done.stderr.strip()}")
    return done.stdout
