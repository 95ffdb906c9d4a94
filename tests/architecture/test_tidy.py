"""The style that a program can check, each rule with what to do instead."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["billing", "providers", "royalties", "catalog", "reading", "reports", "config", "sync"]
DRAWERS = {"utils", "helpers", "common", "misc", "base", "services", "manager", "managers", "core"}
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 420

BANNED_CALLS = {
    r"\bfloat\(": "money is integers and fractions",
    r"verify=False": "TLS is always checked",
    r"except Exception\b": "name what can go wrong; only the edge may catch everything, with a noqa that says why",
    r"\.objects\.raw\(": "put the SQL in a function beside the migration",
    r"datetime\.now\(\)": "time comes in as `at`",
    r"allow_redirects=True": "never follow a provider's redirect",
}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", list(sources()), ids=relative)
class TestSource:
    def test_opens_with_what_it_owns(self, path):
        tree = ast.parse(path.read_text())
        assert not tree.body or ast.get_docstring(tree), "say in a module docstring what this file owns"

    def test_is_not_a_drawer(self, path):
        assert path.stem not in DRAWERS, "name the file after what it holds"

    def test_stays_readable(self, path):
        lines = path.read_text().count("\n")
        assert lines <= FILE_LINES_MAX, "look for the sub-package that has not been found yet"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= FUNCTION_LINES_MAX, f"{node.name}: make the leaves functions of their own"

    def test_uses_no_banned_call(self, path):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for pattern, instead in BANNED_CALLS.items():
                if re.search(pattern, line) and "noqa" not in line:
                    pytest.fail(f"{relative(path)}:{number}: {instead}")


OPERATIONS = [path for path in sources() if path.name == "operations.py"]


@pytest.mark.parametrize("path", OPERATIONS, ids=relative)
class TestOperations:
    def test_read_no_clock(self, path):
        assert not re.search(r"timezone\.now\(|time\.time\(|date\.today\(", path.read_text()), "take `at` instead"

    def test_take_keywords(self, path):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert len(node.args.args) <= 1, f"{node.name}: arguments after the first are keyword-only"
