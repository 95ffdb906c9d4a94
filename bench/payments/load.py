"""HTTP/1.1 from one process over connections that are kept: bounded in number, in time and, where wanted, in count."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

CONNECTIONS = 16  # both processes of gunicorn accept; with few of them one process may get nearly all
_SILENCE_SECONDS_MAX = 20


class BadAnswer(Exception):
    """The server said something else than 200."""


@dataclass(frozen=True, slots=True)
class Done:
    count: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds


@dataclass(slots=True)
class _Line:
    socket: socket.socket
    heard: bytearray = field(default_factory=bytearray)

    def is_answered(self) -> bool:
        """Whether one whole answer has come.

        :raises BadAnswer: it is not 200.
        """
        head, gap, body = bytes(self.heard).partition(b"\r\n\r\n")
        if not gap:
            return False
        if not head.startswith(b"HTTP/1.1 200 "):
            raise BadAnswer(head.partition(b"\r\n")[0].decode())
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return len(body) >= size


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def send(port: int, requests: Iterator[bytes], *, seconds: float) -> Done:
    """Send until the requests or the time are used up; each connection waits for its answer before it goes on.

    :raises BadAnswer: any answer but 200, or none.
    """
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for _ in range(CONNECTIONS):
            if (first := next(requests, None)) is not None:
                line = _Line(socket.create_connection(("127.0.0.1", port)))
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(line.socket, selectors.EVENT_READ, line)
                line.socket.sendall(first)
        try:
            return Done(_answered(selector, requests, began + seconds), time.perf_counter() - began)
        finally:
            for key in list(selector.get_map().values()):
                key.data.socket.close()


def _answered(selector: selectors.BaseSelector, requests: Iterator[bytes], ends: float) -> int:
    count = 0
    while selector.get_map():
        ready = selector.select(_SILENCE_SECONDS_MAX)
        if not ready:
            raise BadAnswer("no answer at all")
        for key, _ in ready:
            line: _Line = key.data
            heard = line.socket.recv(65_536)
            if not heard:
                raise BadAnswer("the server closed the connection")
            line.heard += heard
            if not line.is_answered():
                continue
            count += 1
            line.heard.clear()
            following = next(requests, None) if time.perf_counter() < ends else None
            if following is None:
                selector.unregister(line.socket)
                line.socket.close()
            else:
                line.socket.sendall(following)
    return count
