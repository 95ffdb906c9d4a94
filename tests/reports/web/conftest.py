"""Who looks at the finance pages."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import identity
from tests.factories.wallets import simulators, wave

__all__ = ["simulators", "wave"]


def signed_in(*roles: str) -> Client:
    browser = Client()
    person = identity.person(roles=roles, at=timezone.now())
    assert browser.login(username=person.email, password=identity.PASSWORD)
    return browser


@pytest.fixture
def efua() -> Client:
    return signed_in("finance")
