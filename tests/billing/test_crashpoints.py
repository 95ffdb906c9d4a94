"""The points at which fault tests kill us: only when asked, once, and never in production."""

import signal
import subprocess
import sys

import pytest

from billing import crashpoints

PROGRAM = """
import sys
from django.conf import settings
settings.configure(MODE=sys.argv[1])
from billing.crashpoints import reach
reach("payments.attempt_committed")
reach("inbox.stored")
print("alive")
"""


def run(tmp_path, mode: str = "demo", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, mode], env=environment, capture_output=True, text=True, check=False
    )


class TestReach:
    def test_kills_at_the_point_that_was_asked_for(self, tmp_path):
        assert run(tmp_path, COKO_CRASH_AT="inbox.stored").returncode == -signal.SIGKILL

    @pytest.mark.parametrize("asked", [{}, {"COKO_CRASH_AT": "outbox.delivered"}])
    def test_does_nothing_elsewhere(self, tmp_path, asked):
        assert run(tmp_path, **asked).stdout == "alive\n"

    def test_kills_once_when_there_is_a_marker(self, tmp_path):
        asked = {"COKO_CRASH_AT": "inbox.stored", "COKO_CRASH_ONCE": str(tmp_path / "crashed")}
        assert run(tmp_path, **asked).returncode == -signal.SIGKILL
        assert run(tmp_path, **asked).stdout == "alive\n"

    def test_does_nothing_in_production(self, tmp_path):
        assert run(tmp_path, "production", COKO_CRASH_AT="inbox.stored").stdout == "alive\n"


def test_every_point_is_named_once():
    assert len(set(crashpoints.NAMES)) == len(crashpoints.NAMES) == 14
