"""One POST to a receiver that may be slow, silent, talkative or sly."""

import socket
import time
from collections.abc import Iterator

import pytest

from billing.outbox.posting import Delivery, post
from tests.factories.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def send(receiver: Receiver, **changed: object) -> Delivery:
    asked = {"body": b"{}", "headers": {"x-test": "1"}, "private_allowed": True, "deadline_seconds": 0.6, **changed}
    return post(f"{receiver.url}/hook?a=1", **asked)


class TestPost:
    def test_sends_the_body_as_it_is(self, receiver):
        assert send(receiver, body='{"é": 1}'.encode()).accepted
        (got,) = receiver.got
        assert (got.path, got.body, got.headers["x-test"]) == ("/hook?a=1", '{"é": 1}'.encode(), "1")

    def test_connects_to_the_address_that_was_checked(self, receiver, monkeypatch):
        """The name is looked up once: what it says the second time (rebinding) is never asked."""
        numeric, asked = socket.getaddrinfo, []

        def look_up(host, *more, **details):
            asked.append(host)
            return numeric("127.0.0.1" if asked.count("shop.example") < 2 else "10.0.0.1", *more, **details)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        url = receiver.url.replace("127.0.0.1", "shop.example")
        assert post(url, body=b"{}", headers={}, private_allowed=True).accepted
        assert receiver.got[0].headers["Host"].startswith("shop.example")
        assert asked == ["shop.example", "127.0.0.1"]

    def test_follows_no_redirect(self, receiver):
        receiver.status, receiver.location = 302, f"{receiver.url}/elsewhere"
        assert send(receiver) == Delivery(302)
        assert [got.path for got in receiver.got] == ["/hook?a=1"]

    @pytest.mark.parametrize("status", [200, 201, 204])
    def test_takes_any_2xx_for_a_yes(self, receiver, status):
        receiver.status = status
        assert send(receiver).accepted

    @pytest.mark.parametrize("status", [301, 400, 404, 410, 500, 503])
    def test_takes_nothing_else_for_one(self, receiver, status):
        receiver.status = status
        assert not send(receiver).accepted

    def test_ends_a_receiver_that_hangs(self, receiver):
        receiver.misbehave = lambda handler: time.sleep(2)
        began = time.monotonic()
        assert send(receiver) == Delivery(None, "no answer in time")
        assert time.monotonic() - began < 1.5

    def test_ends_a_receiver_that_drips(self, receiver):
        def drip(handler):
            for _ in range(40):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.05)

        receiver.misbehave = drip
        began = time.monotonic()
        assert send(receiver).status is None
        assert time.monotonic() - began < 1.5

    def test_reads_no_more_than_it_needs(self, receiver):
        def flood(handler):
            handler.send_response(200)
            handler.end_headers()
            for _ in range(1_000_000):
                handler.wfile.write(b"x" * 65_536)

        receiver.misbehave = flood
        began = time.monotonic()
        assert send(receiver, deadline_seconds=5).accepted
        assert time.monotonic() - began < 2

    def test_says_when_something_cannot_be_written_in_http(self, receiver):
        assert send(receiver, headers={"x-test": "ɸ\n"}) == Delivery(None, "no answer: UnicodeEncodeError")
        assert receiver.got == []

    def test_says_when_nobody_listens(self):
        delivery = post("http://127.0.0.1:1/", body=b"{}", headers={}, private_allowed=True)
        assert delivery == Delivery(None, "no answer: ConnectionRefusedError")

    def test_sends_nothing_to_private_addresses(self, receiver):
        url = receiver.url.replace("http://", "https://")
        assert "not public" in post(url, body=b"{}", headers={}, private_allowed=False).problem
        assert receiver.got == []
