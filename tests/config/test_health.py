"""Alive, ready, and what is said when something is missing."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from billing.inbox import tasks as inbox_tasks
from config import health

ALL = ["default", "auth", "catalog", "reading"]
DEAD_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def no_sweeps_yet(settings) -> None:
    """Keys of this test's own: other tests may run beside it on the same Redis."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


def _schedule():
    from django.conf import settings

    return settings.CELERY_BEAT_SCHEDULE


class TestLive:
    def test_needs_no_database(self, client):
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db(databases=ALL)
class TestReady:
    def test_is_well_when_everything_is_there(self, client):
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert set(answer.json()["checks"]) == {
            *(f"database {alias}" for alias in ALL),
            "redis",
            "durability",
            "migrations",
        }

    def test_is_not_when_redis_is_gone(self, client, settings):
        settings.REDIS_URL = DEAD_REDIS
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["redis"] == "failed (ConnectionError)"
        assert answer.json()["checks"]["database default"] == "ok"

    def test_is_not_when_a_migration_is_missing(self, client):
        recorder = MigrationRecorder(connections["auth"])
        last = max(name for app, name in recorder.applied_migrations() if app == "identity")
        recorder.record_unapplied("identity", last)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "manage.py migrate" in answer.json()["checks"]["migrations"]

    def test_is_not_when_commits_are_not_safe(self, client):
        connections["default"].cursor().execute("SET LOCAL synchronous_commit = off")
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "synchronous_commit=off" in answer.json()["checks"]["durability"]

    def test_tells_the_age_of_sweeps_that_are_known(self, client):
        entry = _schedule()["payments-poll"]
        health.note_sweep(entry["task"], datetime.now(UTC) - timedelta(seconds=30))
        sweeps = client.get("/readyz").json()["sweeps"]
        assert set(sweeps) == {"payments-poll"}
        assert 29 <= sweeps["payments-poll"]["age_seconds"] <= 40

    def test_notes_a_role_that_could_change_the_ledger_by_itself_and_is_well(self, client):
        answer = client.get("/readyz").json()
        assert (answer["status"], len(answer["notes"])) == ("ok", 1)
        assert "docs/settings.md" in answer["notes"][0]

    def test_notes_nothing_for_the_applications_own_role(self, client, as_application):
        answer = client.get("/readyz").json()
        assert (answer["status"], answer["notes"]) == ("ok", [])

    def test_says_degraded_but_serves_when_sweeps_are_late(self, client):
        health.note_sweep(_schedule()["payments-poll"]["task"], datetime.now(UTC) - timedelta(hours=1))
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.fixture
def lost_catalog():
    """The catalogue's database moved to an address where nobody listens."""
    kept = connections["catalog"]
    lost = kept.copy()
    lost.settings_dict |= {"HOST": "127.0.0.1", "PORT": "1"}
    connections["catalog"] = lost
    yield
    connections["catalog"] = kept


@pytest.mark.django_db(databases=ALL)
class TestReadyWithoutADatabase:
    def test_says_which_one_is_gone_and_no_address(self, client, lost_catalog):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database catalog"].startswith("failed (")
        assert answer.json()["checks"]["database auth"] == "ok"
        assert "127.0.0.1" not in answer.content.decode()


class TestNoteSweep:
    @pytest.mark.parametrize(("task", "is_noted"), [("process_waiting", True), ("look", False)])
    def test_is_called_for_every_finished_sweep(self, task, is_noted):
        from celery import signals

        key = health._SWEEP_KEY.format(f"billing.inbox.tasks.{task}")
        cache.delete(key)
        signals.task_success.send(sender=getattr(inbox_tasks, task), result=None)
        assert bool(cache.get(key)) is is_noted
