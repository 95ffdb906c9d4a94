"""A device tells what was read, over HTTP."""

from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from reading.activity.models import ReadingSession
from tests.reading.conftest import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


@pytest.fixture
def client(reader) -> APIClient:
    client = APIClient()
    client.login(username=reader.email, password="baobab-parapluie-42")
    return client


def told(edition_ref: str, **changes):
    now = timezone.now().isoformat()
    body = {"id": str(uuid4()), "edition": edition_ref, "device": "phone", "first_page": 1, "last_page": 10}
    return {**body, "started_at": now, "ended_at": now, **changes}


def post(client: APIClient, body, key: str = "") -> object:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post("/api/v1/reading/sessions/", body, format="json", headers=headers)


class TestPost:
    def test_writes_the_session_down(self, client, bought):
        response = post(client, told(bought.id))
        assert response.status_code == 201
        assert response.json()["edition"] == bought.id

    def test_writes_one_session_when_told_twice_under_two_keys(self, client, bought):
        body = told(bought.id)
        assert post(client, body).json() == post(client, body).json()
        assert ReadingSession.objects.count() == 1

    def test_refuses_the_same_uuid_for_other_pages(self, client, bought):
        body = told(bought.id)
        post(client, body)
        response = post(client, {**body, "last_page": 11})
        assert (response.status_code, response.json()["code"]) == (409, "session_reused")

    def test_needs_a_sign_in(self, bought):
        response = post(APIClient(), told(bought.id))
        assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")

    def test_refuses_a_book_that_was_not_bought(self, client, unbought, bought):
        response = post(client, told(unbought.id))
        assert (response.status_code, response.json()["code"]) == (403, "not_on_shelf")

    def test_tells_how_many_pages_there_are(self, client, bought):
        response = post(client, told(bought.id, last_page=31))
        assert (response.status_code, response.json()["code"]) == (422, "beyond_last_page")
        assert response.json()["page_count"] == 30

    def test_names_every_field_that_is_wrong(self, client, bought):
        response = post(client, {"id": "no", "edition": "x", "first_page": 0, "started_at": "yesterday", "page": 1})
        assert response.status_code == 400
        named = {error["field"] for error in response.json()["errors"]}
        assert named >= {"page"} or named >= {"id", "edition", "first_page", "started_at"}
        assert not ReadingSession.objects.exists()

    def test_refuses_a_book_nobody_knows(self, client, bought):
        response = post(client, told("edn_00000000000000000000000000"))
        assert (response.status_code, response.json()["code"]) == (404, "no_such_edition")


class TestShelf:
    def test_lists_what_the_caller_bought(self, client, bought, unbought):
        post(client, told(bought.id))
        (item,) = client.get("/api/v1/library/").json()["results"]
        assert (item["edition"], item["progress"]["read_count"], item["page_count"]) == (bought.id, 10, 30)

    def test_needs_a_sign_in(self):
        assert APIClient().get("/api/v1/library/").status_code == 401
