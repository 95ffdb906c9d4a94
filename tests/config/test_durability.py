"""Nothing starts on servers that would lose acknowledged money (B-10)."""

import subprocess
import time

import pytest
from celery import signals
from django.core.checks import run_checks
from django.db import connections

from config import durability, embedded

ALL = ["default", "auth", "catalog", "reading"]


@pytest.mark.django_db(databases=ALL)
class TestDatabaseComplaints:
    def test_are_none_by_default(self):
        assert list(durability.database_complaints(ALL)) == []

    @pytest.mark.parametrize("alias", ALL)
    def test_name_the_database_and_the_setting(self, alias):
        connections[alias].cursor().execute("SET LOCAL synchronous_commit = off")
        [complaint] = durability.database_complaints(ALL)
        assert f"The database {alias} runs with synchronous_commit=off" in complaint

    @pytest.mark.parametrize("value", ["on", "local", "remote_write", "remote_apply"])
    def test_accept_every_value_that_waits_for_the_disk(self, value):
        connections["default"].cursor().execute(f"SET LOCAL synchronous_commit = {value}")
        assert list(durability.database_complaints(["default"])) == []

    def test_stop_manage_py_check(self):
        connections["auth"].cursor().execute("SET LOCAL synchronous_commit = off")
        errors = run_checks(databases=["auth"])
        assert [error.id for error in errors if error.id == "coko.E001"] == ["coko.E001"]


@pytest.fixture
def evicting_redis(tmp_path, settings):
    """A Redis of this test's own: others run beside it."""
    path = tmp_path / "redis.sock"
    command = [embedded._redis_program(), "--port", "0", "--unixsocket", path, "--maxmemory-policy", "allkeys-lru"]
    process = subprocess.Popen([*map(str, command), "--dir", str(tmp_path), "--save", ""], stdout=subprocess.DEVNULL)
    settings.REDIS_URL = f"unix://{path}"
    for _ in range(100):
        if path.exists():
            break
        time.sleep(0.05)
    yield
    process.terminate()
    process.wait(timeout=10)


class TestRedisComplaints:
    def test_are_none_by_default(self):
        assert list(durability.redis_complaints()) == []

    def test_name_the_policy(self, evicting_redis):
        [complaint] = durability.redis_complaints()
        assert "maxmemory-policy=allkeys-lru" in complaint


@pytest.mark.django_db(databases=ALL, transaction=True)
class TestAssertDurable:
    def test_lets_safe_servers_start(self):
        durability.assert_durable()

    @pytest.fixture
    def forgetful_database(self):
        """The setting as an operator would get it wrong: for the whole database."""
        _alter("SET synchronous_commit = off")
        yield
        _alter("RESET synchronous_commit")

    def test_refuses_the_web(self, forgetful_database):
        with pytest.raises(durability.NotDurable, match="reading runs with synchronous_commit=off"):
            durability.assert_durable()

    def test_refuses_the_worker(self, forgetful_database):
        with pytest.raises(SystemExit, match="reading runs with synchronous_commit=off"):
            signals.worker_init.send(sender=None)


def _alter(change: str) -> None:
    name = connections["reading"].settings_dict["NAME"]
    with connections["default"].cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" {change}')
    connections["reading"].close()
