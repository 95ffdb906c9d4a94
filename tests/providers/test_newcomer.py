"""A new provider is one folder, one registry entry and one folder of samples; nothing else of the tree changes.

A provider nobody has (`newcomer/pebble`) is added to a copy of the tree the way `docs/add-a-provider.md` says. The
conformance suite as it is then holds it to every promise, the import contracts as they are find it in its place, and
the files that changed are counted.
"""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEWCOMER = Path(__file__).parent / "newcomer"
PACKAGES = ["config", "reports", "royalties", "reading", "billing", "catalog", "providers", "sync"]
TESTS = ["__init__.py", "architecture/__init__.py", "architecture/test_port.py"]
TESTS_OF_PROVIDERS = ["__init__.py", "conftest.py", "test_conformance.py", "test_registry.py"]

IMPORT = "from providers.pebble import adapter as pebble\n"
ENTRY = '    "pebble": Entry(pebble.PebbleAdapter, pebble.Credentials, pebble.CAPABILITIES, pebble.BASE_URL),\n'
SAMPLES_TEST = '''"""Pebble's documents."""

import json
from pathlib import Path

from providers.contract import Outcome
from providers.pebble import wire


def test_reads_a_paid_one():
    document = json.loads((Path(__file__).parent / "samples" / "request_paid.json").read_text())
    assert wire.read(document).outcome is Outcome.SUCCEEDED
'''


def copied(to: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", to)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for name in [*TESTS, *(f"providers/{name}" for name in TESTS_OF_PROVIDERS)]:
        (to / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / name, to / "tests" / name)
    return to


def welcome(tree: Path) -> None:
    """What somebody does who adds a provider."""
    shutil.copytree(NEWCOMER / "pebble", tree / "providers" / "pebble", ignore=shutil.ignore_patterns("__pycache__"))
    registry = tree / "providers" / "registry.py"
    text = registry.read_text()
    text = text.replace("from providers.wave import", f"{IMPORT}from providers.wave import", 1)
    text = text.replace('    "wave": Entry', f'{ENTRY}    "wave": Entry', 1)
    registry.write_text(text)
    shutil.copytree(NEWCOMER / "samples", tree / "tests" / "providers" / "pebble" / "samples")
    (tree / "tests" / "providers" / "pebble" / "__init__.py").touch()
    (tree / "tests" / "providers" / "pebble" / "test_wire.py").write_text(SAMPLES_TEST)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copied(tmp_path_factory.mktemp("tree"))
    welcome(tree)
    return tree


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def suite(tree: Path, *selected: str) -> subprocess.CompletedProcess[str]:
    """The tree's own tests without Django: the port knows none."""
    (tree / "plain.ini").write_text("[pytest]\npythonpath = .\naddopts = -q -ra -p no:django -p no:cacheprovider\n")
    done = run(tree, sys.executable, "-m", "pytest", "-c", "plain.ini", "--rootdir", str(tree), *selected)
    (tree / "plain.ini").unlink()
    return done


class TestNewcomer:
    def test_is_held_to_every_promise_by_the_suite_as_it_is(self, tree):
        done = suite(tree, "tests/providers/test_conformance.py", "-k", "pebble")
        assert done.returncode == 0, done.stdout
        assert int(done.stdout.split(" passed")[0].split()[-1]) >= 30, done.stdout

    def test_is_found_by_name_with_its_demonstration_and_in_its_place(self, tree):
        done = suite(
            tree, "tests/providers/test_registry.py", "tests/architecture/test_port.py", "tests/providers/pebble"
        )
        assert done.returncode == 0, done.stdout
        arrows = run(tree, str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
        assert arrows.returncode == 0, arrows.stdout

    def test_touches_one_file_that_was_there_by_two_lines(self, tree):
        changed = [path for path in tracked(tree) if not same(tree / path, ROOT / path)]
        assert changed == [Path("providers/registry.py")]
        before, after = ((root / "providers/registry.py").read_text().splitlines() for root in (ROOT, tree))
        assert len(after) - len(before) == 2
        new = [path for path in everything(tree) if not (ROOT / path).exists()]
        assert {path.parts[:2] if path.parts[0] == "providers" else path.parts[:3] for path in new} == {
            ("providers", "pebble"),
            ("tests", "providers", "pebble"),
        }

    def test_is_not_welcome_when_it_breaks_a_promise(self, tmp_path):
        """The suite can fail: one that calls what it does not know a failure is caught."""
        tree = copied(tmp_path)
        welcome(tree)
        wire = tree / "providers" / "pebble" / "wire.py"
        honest = 'OUTCOMES.get(document["state"], Outcome.PENDING)'
        assert honest in wire.read_text()
        wire.write_text(wire.read_text().replace(honest, 'OUTCOMES.get(document["state"], Outcome.FAILED)'))
        done = suite(tree, "tests/providers/test_conformance.py", "-k", "pebble and unknown")
        assert done.returncode == 1, done.stdout


def everything(tree: Path) -> list[Path]:
    found = (path.relative_to(tree) for path in tree.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(part.startswith((".", "__pycache__")) for part in path.parts))


def tracked(tree: Path) -> list[Path]:
    return [path for path in everything(tree) if (ROOT / path).exists()]


def same(one: Path, other: Path) -> bool:
    return filecmp.cmp(one, other, shallow=False)
