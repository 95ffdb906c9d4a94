"""Other people's bookkeeping programs, asked what they make of our export: hledger (Debian) and beancount (PyPI)."""

import csv
import importlib.util
import io
import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None, reason="hledger is not on PATH (apt install hledger)"
)
needs_beancount = pytest.mark.skipif(
    importlib.util.find_spec("beancount") is None, reason="beancount is not installed (make setup-dev)"
)

Balances = dict[tuple[str, str], Decimal]  # (account, currency), as the program names them; zeros left out

# By beancount's own loader, in a process of its own: what it warns of is not ours to mend.
_BEANCOUNT = """
import json, sys
from collections import Counter
from beancount import loader
from beancount.core.data import Transaction
entries, errors, _ = loader.load_file(sys.argv[1])
sums = Counter()
for entry in entries:
    for line in entry.postings if isinstance(entry, Transaction) else ():
        sums[line.account, line.units.currency] += line.units.number
print(json.dumps({"errors": [str(one.message) for one in errors],
                  "sums": [[*key, str(number)] for key, number in sums.items()]}))
"""


def hledger_check(file: Path) -> subprocess.CompletedProcess[str]:
    return _run("hledger", "--file", str(file), "check", "--strict", "ordereddates")


def hledger_balances(file: Path) -> Balances:
    asked = ("balance", "--flat", "--no-total", "--empty", "--layout=bare", "-O", "csv")
    rows = csv.DictReader(io.StringIO(_run("hledger", "--file", str(file), *asked, must=True).stdout))
    return _without_zeros({(row["account"], row["commodity"]): Decimal(row["balance"]) for row in rows})


def bean_check(file: Path) -> subprocess.CompletedProcess[str]:
    return _run(sys.executable, "-c", "from beancount.scripts.check import main; main()", "--no-cache", str(file))


def beancount_balances(file: Path) -> Balances:
    told = json.loads(_run(sys.executable, "-W", "ignore", "-c", _BEANCOUNT, str(file), must=True).stdout)
    assert told["errors"] == []
    return _without_zeros({(account, currency): Decimal(number) for account, currency, number in told["sums"]})


def _without_zeros(found: Balances) -> Balances:
    return {key: number for key, number in found.items() if number}


def _run(*command: str, must: bool = False) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert not must or done.returncode == 0, done.stderr
    return done
