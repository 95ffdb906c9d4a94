"""What the tests of config share."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import get_resolver


@pytest.fixture(scope="session", autouse=True)
def addresses_loaded() -> None:
    """Reading every package's pages takes seconds: not inside a test's transaction, which must not idle so long."""
    assert get_resolver().url_patterns


@pytest.fixture
def as_application(request: pytest.FixtureRequest) -> Iterator[BaseDatabaseWrapper]:
    """The money database's connection, really made by the application's role; what it does not commit is rolled back.

    The tests' own connection is the owner's, and what a test did not commit there this one cannot see.
    """
    if "default" not in settings.DATABASE_OWNERS:
        pytest.skip("the server given to the tests has one role")
    request.getfixturevalue("db")
    kept, application = connections["default"], settings.DATABASE_APPLICATIONS["default"]
    ours = kept.copy()
    ours.settings_dict |= {part: application[part] for part in ("USER", "PASSWORD", "HOST", "PORT")}
    connections["default"] = ours
    yield ours
    ours.close()
    connections["default"] = kept
