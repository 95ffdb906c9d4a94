"""What every test may use."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.test import TransactionTestCase
from django.urls import get_resolver
from hypothesis import settings

from providers import circuit

ALL_DATABASES = ["default", "auth", "catalog", "reading"]


def _flush_past_the_triggers(original):
    """Append-only tables refuse TRUNCATE, which is how Django empties a database after a transactional test.

    Only a superuser's session may step past triggers this way, and only here.
    """

    def teardown(self):
        aliases = list(self._databases_names(include_mirrors=False))
        for alias in aliases:
            with connections[alias].cursor() as cursor:
                cursor.execute("SET session_replication_role = 'replica'")
        try:
            original(self)
        finally:
            for alias in aliases:
                with connections[alias].cursor() as cursor:
                    cursor.execute("SET session_replication_role = 'origin'")

    return teardown


TransactionTestCase._fixture_teardown = _flush_past_the_triggers(TransactionTestCase._fixture_teardown)


settings.register_profile("coko", deadline=None)  # what a busy machine takes long over is not wrong
settings.load_profile("coko")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker begins them when the other is done."""
    items.sort(key=lambda item: not (item.get_closest_marker("stack") or item.get_closest_marker("browser")))


@pytest.fixture(scope="session", autouse=True)
def _addresses() -> None:
    """Load every address once, outside any transaction: the first request would do it while its transaction idles."""
    get_resolver().url_patterns  # noqa: B018  (reading it is what loads it)


@pytest.fixture(autouse=True)
def _closed_circuits() -> None:
    """A provider that was silent in one test is asked again in the next."""
    circuit.reset()


@pytest.fixture
def at() -> datetime:
    """The moment most tests happen at."""
    return datetime(2026, 11, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def french() -> Iterator[None]:
    from django.utils import translation

    with translation.override("fr"):
        yield
