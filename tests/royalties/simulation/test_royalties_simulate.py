"""The command as it is called."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "royalties" / "examples").glob("*.json"))


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "royalties_simulate", *arguments]
    # An address nobody answers at: the command must not want a database.
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


class TestRoyaltiesSimulate:
    @pytest.mark.parametrize("example", EXAMPLES, ids=[example.stem for example in EXAMPLES])
    def test_prints_the_same_bytes_each_time_and_every_check_holds(self, example):
        one, other = simulate(str(example)), simulate(str(example))
        assert (one.returncode, one.stderr) == (0, "")
        assert one.stdout == other.stdout
        told = json.loads(one.stdout)
        assert told["lines"]
        assert all(check["holds"] for statement in told["statements"] for check in statement["checks"])

    def test_exits_1_when_the_other_system_differs(self, tmp_path):
        csv = tmp_path / "other.csv"
        csv.write_text("period,payee,currency,amount\n2026-10,author,EUR,22320.00\n2026-11,author,EUR,-6000.00\n")
        done = simulate(str(ROOT / "royalties/examples/tiers.json"), "--compare", str(csv))
        assert done.returncode == 1
        assert json.loads(done.stdout)["comparison"]["differences"] == [
            {
                "period": "2026-11",
                "payee": "author",
                "currency": "EUR",
                "ours": "-6900.00",
                "theirs": "-6000.00",
                "difference": "-900.00",
            }
        ]

    def test_exits_2_with_the_path_when_refused(self, tmp_path):
        wrong = tmp_path / "wrong.json"
        wrong.write_text('{"periods": ["2026-10"], "colour": 1}')
        done = simulate(str(wrong))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "royalties_simulate: refused: $.colour: unknown key\n"
        assert simulate(str(tmp_path / "nothing.json")).returncode == 2
