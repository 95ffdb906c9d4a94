"""A notification of Web Payment proves its address by itself, and its token only to whoever kept it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers import callback_token
from providers.contract import Arrival
from providers.errors import NotificationRefused
from providers.orange.web import webhook

BODY = (Path(__file__).parent / "samples" / "notification.json").read_bytes()
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def read(body: bytes = BODY, token: str | None = None, secrets: tuple[str, ...] = ("new", "old")):
    path = callback_token.make("old", "pay_01") if token is None else token
    return webhook.read(Arrival({}, body, NOW, path), secrets=secrets)


class TestRead:
    def test_names_the_attempt_by_the_address_and_passes_the_token_on(self):
        told = read()
        assert (told.client_reference, told.provider_ref) == ("pay_01", None)
        assert told.secret == "dd497bda3b250e536186fc0663f32f40"
        assert told.secret not in repr(told)

    def test_is_the_same_event_when_the_same_is_said_again(self):
        assert read().event_ref == read(body=BODY.replace(b", ", b",")).event_ref
        assert read().event_ref != read(body=BODY.replace(b"SUCCESS", b"FAILED")).event_ref

    @pytest.mark.parametrize(
        ("token", "reason"),
        [
            ("", "token_missing"),
            ("pay_01", "token_malformed"),
            (callback_token.make("another", "pay_01"), "token_mismatch"),
            (callback_token.make("old", "pay_02").replace("pay_02", "pay_01"), "token_mismatch"),
        ],
    )
    def test_refuses_an_address_that_is_not_ours(self, token, reason):
        with pytest.raises(NotificationRefused) as refused:
            read(token=token)
        assert refused.value.reason == reason

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"<html>",
            b'{"status":"SUCCESS"}',
            b'{"status":"SUCCESS","notif_token":7}',
            b'{"notif_token":"x"}',
            b'{"status":"SUCCESS","notif_token":""}',
            b'{"status":"A","status":"B","notif_token":"x"}',
        ],
    )
    def test_refuses_what_it_cannot_read(self, body):
        with pytest.raises(NotificationRefused) as refused:
            read(body=body)
        assert refused.value.reason == "unreadable"
