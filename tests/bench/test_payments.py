"""`make bench-payments --quick` runs through and prints every row. Nothing here looks at how fast anything was."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
RATES = [
    "pgbench TPC-B",
    "payments started",
    "/healthz",
    "webhook, signed",
    "webhook, unsigned garbage",
    "settlement",
    "outbox events delivered",
]
COSTS = [f"processor time: {name}" for name in RATES[2:]]


@pytest.fixture(scope="module")
def run():
    folder = embedded.var_dir() / "bench" / "payments"
    command = [sys.executable, "-m", "bench.payments", "--quick", "--no-profile"]
    command += ["--port", str(_free_port()), "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = Path(done.stdout.strip().splitlines()[-1].removeprefix("as JSON: "))
    return done.stdout, json.loads(report.read_text())["figures"]


@pytest.mark.stack
class TestQuick:
    @pytest.mark.parametrize("row", [*RATES, *COSTS])
    def test_prints_and_keeps_each_row(self, run, row):
        said, figures = run
        assert [line for line in said.splitlines() if line.startswith(row)]
        assert [figure for figure in figures if figure["name"] == row and figure["median"] > 0]

    def test_holds_each_rate_against_tpcb_of_the_same_round(self, run):
        held = {
            figure["name"] for figure in run[1] if figure["versus"] == "pgbench TPC-B" and len(figure["ratios"]) == 1
        }
        assert held == set(RATES) - {"pgbench TPC-B"}

    def test_holds_webhooks_against_the_health_check(self, run):
        held = {figure["name"]: figure["goal"] for figure in run[1] if figure["versus"] == "/healthz"}
        assert held == {"webhook, signed": 0.5, "webhook, unsigned garbage": 0.5}

    def test_ends_with_books_that_agree(self, run):
        (verified,) = [figure for figure in run[1] if figure["name"] == "ledger_verify"]
        assert verified["note"] == "The books agree."


def _free_port() -> int:
    """Low enough that those beside it (two webs, simulators, receiver) are ports too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return min(int(probe.getsockname()[1]), 65_000)
