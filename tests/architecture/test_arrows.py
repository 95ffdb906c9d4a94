"""The import contracts can fail: each deliberate mistake, written into a copy of the tree, is caught."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["config", "reports", "royalties", "reading", "billing", "catalog", "providers", "sync"]

MISTAKES = [
    ("catalog/queries.py", "import billing.money", "The stack"),
    ("billing/ledger/queries.py", "import billing.payments.queries", "Inside billing"),
    ("billing/money.py", "import django", "Arithmetic and adapters know no framework"),
    ("billing/payments/operations.py", "import providers.registry", "Only gateways open the provider door"),
    ("royalties/runs/queries.py", "import billing.invoices.models", "Nobody reads another package's tables: billing"),
    ("billing/payments/queries.py", "import billing.ledger.models", "Only the ledger touches ledger tables"),
    ("reports/month.py", "import billing.ledger.operations", "Reports only read"),
    ("royalties/web/pages.py", "import royalties.runs.models", "Pages and APIs never touch tables"),
    ("providers/wave/adapter.py", "import providers.registry", "Adapters do not know the registry"),
    ("billing/helpers.py", "", "Inside billing"),
    ("royalties/web/pages.py", "import config.settings", "Nobody imports the top"),
]


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


class TestArrows:
    def test_hold_in_the_tree_as_it_is(self):
        done = lint(ROOT)
        assert done.returncode == 0, done.stdout

    @pytest.mark.parametrize(("file", "line", "contract"), MISTAKES, ids=[f"{f}: {m}" for f, m, _ in MISTAKES])
    def test_catch_a_deliberate_mistake(self, copy: Path, file: str, line: str, contract: str):
        target = copy / file
        before = target.read_text() if target.exists() else '"""A drawer for everything."""\n'
        target.write_text(f"{before}\n{line}\n")
        done = lint(copy)
        assert done.returncode == 1
        assert contract in done.stdout
        if line:
            assert f"{contract} BROKEN" in " ".join(done.stdout.split())
