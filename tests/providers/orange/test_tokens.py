"""Tokens: minted once, renewed in time, replaced when refused, over a real line."""

import json
import threading
from pathlib import Path

import pytest

from providers import http
from providers.errors import CredentialsRefused, NotSent, RequestRefused, SlowDown, UnreadableAnswer
from providers.orange import tokens
from providers.orange.tokens import Tokens
from providers.orange.web.wire import error_code

HERE = Path(__file__).parent
SHORT = http.Limits(connect_seconds=0.5, read_seconds=0.5, total_seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Mints `token-1`, `token-2` …, and answers any other call by what `verdict` says of its token."""

    def __init__(self, line, life: object = 3600, verdict=lambda token: 200) -> None:
        self.minted = 0
        self.called: list[str] = []
        self._life, self._verdict = life, verdict
        self._line = line
        self.url = line(self.speak)

    def speak(self, connection) -> None:
        head = self._line.requests[-1].decode()
        if "POST /oauth" in head:
            self.minted += 1
            self._say(connection, 200, {"access_token": f"token-{self.minted}", "expires_in": self._life})
            return
        token = head.partition("Bearer ")[2].partition("\r\n")[0]
        self.called.append(token)
        status = self._verdict(token)
        self._say(connection, status, {"code": 42} if status >= 400 else {})

    def _say(self, connection, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def tokens_at(url: str, clock: Clock | None = None) -> Tokens:
    client = http.Client(provider="orange", base_url=url, read_code=error_code, limits=SHORT)
    return Tokens(client, path="/oauth/v3/token", headers={}, form={}, clock=clock or Clock())


def call(token: str) -> http.Call:
    return http.Call("probe", "POST", "/things", headers={"Authorization": f"Bearer {token}"}, body=b"{}")


class TestSend:
    def test_mints_once_for_many_calls(self, line):
        server = Server(line)
        own = tokens_at(server.url)
        for _ in range(3):
            own.send(call)
        assert server.minted == 1

    def test_mints_once_for_many_threads(self, line):
        server = Server(line)
        own = tokens_at(server.url)
        threads = [threading.Thread(target=own.send, args=(call,)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (server.minted, server.called) == (1, ["token-1"] * 5)

    @pytest.mark.parametrize(("life", "used_until"), [(299, 268), ("299", 268), (3600, 3569), ("7776000", 7775969)])
    def test_renews_before_the_end_whatever_the_life(self, line, life, used_until):
        server, clock = Server(line, life=life), Clock()
        own = tokens_at(server.url, clock)
        own.send(call)
        clock.now = used_until
        own.send(call)
        assert server.minted == 1
        clock.now = used_until + 2
        own.send(call)
        assert server.minted == 2

    @pytest.mark.parametrize("life", [0, "soon", None, -5])
    def test_uses_one_of_unknown_life_once(self, line, life):
        server = Server(line, life=life)
        own = tokens_at(server.url)
        own.send(call)
        own.send(call)
        assert server.minted == 2

    def test_sends_the_same_once_more_with_a_fresh_one_when_refused(self, line):
        server = Server(line, verdict=lambda token: 401 if token == "token-1" else 200)
        tokens_at(server.url).send(call)
        assert server.called == ["token-1", "token-2"]

    def test_does_not_go_on_trying(self, line):
        server = Server(line, verdict=lambda token: 401)
        with pytest.raises(CredentialsRefused):
            tokens_at(server.url).send(call)
        assert server.called == ["token-1", "token-2"]

    def test_takes_forbidden_for_what_it_is(self, line):
        server = Server(line, verdict=lambda token: 403)
        with pytest.raises(CredentialsRefused):
            tokens_at(server.url).send(call)
        assert server.called == ["token-1"]

    @pytest.mark.parametrize(
        "answer", [b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", b"", b"HTTP/1.1 200 X\r\n\r\n<p>"]
    )
    def test_knows_that_nothing_was_sent_when_no_token_was_to_be_had(self, line, answer):
        with pytest.raises(NotSent):
            tokens_at(line(lambda connection: connection.sendall(answer))).send(call)

    @pytest.mark.parametrize(("status", "fault"), [(429, SlowDown), (400, RequestRefused), (401, CredentialsRefused)])
    def test_passes_on_why_there_is_none(self, line, status, fault):
        body = b'{"error":"invalid_client"}'
        answer = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        with pytest.raises(fault):
            tokens_at(line(lambda connection: connection.sendall(answer))).send(call)


class TestRead:
    @pytest.mark.parametrize(
        ("name", "life"),
        [
            ("web/samples/token_90_days_as_text", 7_776_000),
            ("web/samples/token_60_minutes", 3600),
            ("sonatel/samples/token_299_seconds", 299),
        ],
    )
    def test_obeys_the_life_as_number_or_text(self, name, life):
        token, seconds = tokens.read(json.loads((HERE / f"{name}.json").read_text()))
        assert token
        assert seconds == life

    @pytest.mark.parametrize("document", [None, [], {}, {"access_token": 7}, {"access_token": ""}])
    def test_does_not_take_anything_for_a_token(self, document):
        with pytest.raises(UnreadableAnswer):
            tokens.read(document)
