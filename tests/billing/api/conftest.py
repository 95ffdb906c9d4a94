"""What these tests stand on: a client with a key, another client, a reader, one book, and the simulated Wave."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from config.identity import operations as identity
from tests.factories.billing import EDITION, reference_world
from tests.factories.wallets import simulators, wave

__all__ = ["EDITION", "simulators", "wave"]


class Caller:
    """Somebody who calls the API with a key of their own."""

    def __init__(self, *, email: str, role: str) -> None:
        now = timezone.now()
        person = identity.add_user(email=email, name=email, password=None, roles=[role], language="fr", at=now)
        self.ref = person.id
        self._secret = identity.issue_key(owner_ref=person.id, label="test", at=now).secret
        self._http = Client(headers={"authorization": f"Bearer {self._secret}"}, raise_request_exception=False)
        self._count = 0

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self._http.get(f"/api/v1/{path}", headers=headers)

    def post(self, path: str, data: Any, *, key: str | None = None, **headers: str) -> HttpResponse:
        """A POST with a key of its own, or with the one given; `key=""` sends none."""
        self._count += 1
        named = f"{self.ref}-{self._count}" if key is None else key
        return self._http.post(
            f"/api/v1/{path}",
            data if isinstance(data, bytes) else json.dumps(data),
            content_type=headers.pop("content_type", "application/json"),
            headers={**({"idempotency-key": named} if named else {}), **headers},
        )


@pytest.fixture
def world() -> None:
    """One book with prices. The API reads the clock, so the world begins a little before now."""
    reference_world(at=timezone.now() - timedelta(minutes=1))


@pytest.fixture
def client_a(world: None) -> Caller:
    return Caller(email="a@coko.example", role="client")


@pytest.fixture
def client_b(world: None) -> Caller:
    return Caller(email="b@coko.example", role="client")


@pytest.fixture
def reader(world: None) -> Caller:
    return Caller(email="reader@coko.example", role="reader")


def order(**changed: Any) -> dict[str, Any]:
    """An invoice as a client asks for it."""
    customer = {"name": "Awa Ndiaye", "country": "SN", "phone": "77 123 45 67"}
    return {"customer": customer, "items": [{"edition": EDITION, "quantity": 1}], **changed}


@pytest.fixture
def opened() -> Callable[[Caller], dict[str, Any]]:
    def open_for(caller: Caller) -> dict[str, Any]:
        answer = caller.post("invoices/", order())
        assert answer.status_code == 201, answer.content
        return answer.json()

    return open_for
