"""`make bench-ledger --quick` runs through and prints every row. Nothing here looks at how fast anything was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    "balance now",
    "balance known at a moment",
    "balance as of a moment",
    "bare GROUP BY",
    "trial balance, everything",
    "trial balance of 30 days",
    "bytes an entry: all of the ledger",
    "ledger_verify",
    "pgbench TPC-B",
    "single",
    "single, one hot account",
    "single, hot accounts in record mode",
    "hot account, posting queue 10 ms",
    "batch of 1,000",
    "batch, one account in every entry",
    "Python, single, 8 threads",
    "Python, single, 1 thread",
    "Python, batch of 1,000",
    "Celery, batch of 1,000",
    "single at 10,000 postings",
    "single at 30,000 postings",
    "the same, sealing as fast beside",
    "sealing an entry",
]
PEERS = ["django-hordak", "django-ledger", "python-accounting"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = embedded.var_dir() / "bench"
    command = [sys.executable, "-m", "bench.ledger", "--quick", "--no-install", "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = Path(done.stdout.strip().splitlines()[-1].removeprefix("as JSON: "))
    return done.stdout, json.loads(report.read_text())["figures"]


class TestQuick:
    @pytest.mark.parametrize("row", ROWS)
    def test_prints_and_keeps_each_row(self, run, row):
        said, figures = run
        assert [line for line in said.splitlines() if line.startswith(row)]
        assert all(figure["median"] > 0 for figure in figures if figure["name"] == row)
        assert any(figure["name"].startswith(row) for figure in figures)

    @pytest.mark.parametrize("peer", PEERS)
    def test_says_why_a_peer_is_missing(self, run, peer):
        figures = [figure for figure in run[1] if figure["name"] == peer]
        assert figures
        assert all(figure["median"] or figure["note"] for figure in figures)

    def test_holds_every_rate_against_one_of_the_same_round(self, run):
        rated = [figure for figure in run[1] if figure["versus"] == "pgbench TPC-B"]
        assert all(len(figure["ratios"]) == len(figure["values"]) == 1 for figure in rated)
