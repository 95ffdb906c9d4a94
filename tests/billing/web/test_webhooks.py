"""The door for notifications: whatever comes is stored or refused at once, and never breaks it."""

import json

import pytest
from django.test import Client

from billing.inbox import queries
from billing.outbox import hints
from billing.web.webhooks import MAX_BYTES
from tests.billing.api.test_parsers import REFUSED

pytestmark = pytest.mark.django_db(databases=["default"])

# What our stricter JSON parser refuses but a JSON parser reads as an object: kept, and left to the adapter to judge.
OBJECTS_ALL_THE_SAME = {
    "NaN", "Infinity", "a name twice", "a name twice, deeper", "NUL in a text", "NUL in a name", "half a character",
    "UTF-16", "a byte order mark", "too deep", "21 deep", "an exponent beyond all numbers",
}  # fmt: skip


@pytest.fixture
def door():
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def send(door, body=b'{"id": "EV_1"}', *, path="/webhooks/wave/SN/", method="post", **options):
    return getattr(door, method)(path, body, content_type=options.pop("content_type", "application/json"), **options)


def stored() -> int:
    from billing.inbox.models import ProviderNotification

    return ProviderNotification.objects.count()


class TestReceive:
    @pytest.mark.parametrize("path", ["/webhooks/wave/SN/", "/webhooks/wave/SN", "/webhooks/wave/sn/?retry=1"])
    @pytest.mark.parametrize("method", ["post", "put"])
    def test_takes_what_providers_send_without_a_redirect(self, door, path, method):
        answer = send(door, path=path, method=method)
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert stored() == 1

    def test_needs_no_session_and_sets_none(self, door):
        assert send(door).cookies == {}

    def test_of_a_provider_we_do_not_know_is_a_404(self, door):
        assert send(door, path="/webhooks/paypal/SN/").status_code == 404
        assert stored() == 0

    @pytest.mark.parametrize("method", ["get", "head", "delete", "patch"])
    def test_takes_no_other_method(self, door, method):
        assert getattr(door, method)("/webhooks/wave/SN/").status_code == 405

    @pytest.mark.parametrize("shape", REFUSED)
    def test_of_a_bad_shape_is_kept_and_never_a_server_error(self, door, shape):
        answer = send(door, REFUSED[shape])
        assert answer.status_code == (200 if shape in OBJECTS_ALL_THE_SAME else 400)
        assert stored() == 1

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/x", ""])
    def test_takes_any_content_type(self, door, content_type):
        assert send(door, content_type=content_type).status_code == 200

    def test_refuses_more_than_the_cap(self, door):
        body = json.dumps({"x": "y" * MAX_BYTES}).encode()
        assert send(door, body).status_code == 413
        assert send(door, b"{" + b" " * (10 * 1024 * 1024) + b"}").status_code == 413
        assert stored() == 0

    def test_answers_when_the_broker_is_down(self, door, settings, monkeypatch):
        from celery import current_app

        def down(*_, **__):
            raise ConnectionError("no broker")

        hints.begin("billing.inbox.tasks.look")  # none is on its way
        monkeypatch.setattr(current_app, "send_task", down)
        assert send(door).status_code == 200
        assert queries is not None
        assert stored() == 1

    def test_costs_one_insert(self, door, django_assert_num_queries):
        with django_assert_num_queries(1):
            send(door)
