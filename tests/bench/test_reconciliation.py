"""`make bench-reconciliation` runs: the real import, over few lines."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_runs_and_prints_its_ratio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    folder.chmod(0o755)
    for parent in folder.parents:
        if parent == Path("/tmp"):  # noqa: S108
            break
        parent.chmod(0o755)  # PostgreSQL's own user must get there
    done = subprocess.run(
        [sys.executable, "-m", "bench.reconciliation", "--quick", "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={name: value for name, value in os.environ.items() if not name.startswith("COKO_")},
    )
    assert done.returncode == 0, done.stderr
    assert "2,000 lines, 1 rounds" in done.stdout
    assert "ratio" in done.stdout
    assert "{'matched': 1998, 'worklist': 2}" in done.stderr
