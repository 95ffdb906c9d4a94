"""What `make run` starts works as the application's role and is not told the owner's address."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded, run

ROOT = Path(__file__).resolve().parents[2]
OWNER_ADDRESSES = {
    "DATABASE_OWNER_URL": "postgresql://o@h/coko",
    "AUTH_DATABASE_OWNER_URL": "postgresql://o@h/coko_auth",
    "READING_DATABASE_OWNER_URL_FILE": "/run/secrets/owner",
}


def users(environment: dict[str, str]) -> set[str]:
    """Who a process with this environment connects as, by its own settings."""
    code = "from django.conf import settings; print(*{one['USER'] for one in settings.DATABASES.values()})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.fixture
def environment() -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if "DATABASE" not in name}
    return {**given, "COKO_MODE": "demo", "DJANGO_SETTINGS_MODULE": "config.settings"}


class TestPrograms:
    def test_work_as_the_application(self, environment):
        programs = run.every_program(environment, 8000, 8090)
        assert [program.name for program in programs] == ["simulators", "worker", "beat", "web"]
        for program in (programs[1], programs[-1]):  # the jobs' environment, and the others'
            assert users(program.environment) == {embedded.APPLICATION_ROLE}

    def test_are_not_told_the_owners_addresses(self, environment):
        given = {**environment, "DATABASE_URL": "postgresql://a@h/coko", **OWNER_ADDRESSES}
        programs = run.every_program(given, 8000, 8090)
        assert [set(program.environment) & set(OWNER_ADDRESSES) for program in programs] == [set()] * 4
        assert users(programs[-1].environment) == {"a"}
