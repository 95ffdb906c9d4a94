"""What the tests of config share."""

import pytest
from django.urls import get_resolver


@pytest.fixture(scope="session", autouse=True)
def addresses_loaded() -> None:
    """Reading every package's pages takes seconds: not inside a test's transaction, which must not idle so long."""
    assert get_resolver().url_patterns
