"""Moov as it was recorded: each call answered by the next sample."""

from collections.abc import Callable
from pathlib import Path

import pytest

from providers import http
from providers.moov.adapter import MoovAdapter
from providers.moov.building import build
from providers.moov.credentials import Credentials

SAMPLES = Path(__file__).parent / "samples"
SHORT = http.Limits(connect_seconds=1, read_seconds=5, total_seconds=5)


@pytest.fixture
def recorded(line) -> Callable[..., MoovAdapter]:
    """`recorded("BJ", "m1_push_paid.xml", …)`: an adapter whose calls are answered by these, the last one for ever."""

    def make(market: str, *names: str, status: int = 200, clock=None, **own: str) -> MoovAdapter:
        left = list(names)

        def speak(connection) -> None:
            body = (SAMPLES / (left.pop(0) if len(left) > 1 else left[0])).read_bytes()
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nContent-Type: text/plain\r\n\r\n"
            connection.sendall(head.encode() + body)

        credentials = Credentials("coko", "password_not_real", **own)
        return build(credentials, line(speak), market=market, limits=SHORT, **({"clock": clock} if clock else {}))

    return make


def bodies(line) -> list[str]:
    """What was sent, without the headers."""
    return [request.partition(b"\r\n\r\n")[2].decode() for request in line.requests]
