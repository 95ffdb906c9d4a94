"""Real servers on 127.0.0.1: the simulators, a line that misbehaves byte by byte, a shop that gets notifications."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from providers import simulation


@pytest.fixture
def sim() -> Iterator[simulation.Running]:
    with simulation.serve() as running:
        yield running


class Shop:
    """What arrived, in order, and how the next ones shall be answered (200 when nothing is said)."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.methods: list[str] = []
        self.answers: list[int] = []

    def wait_for(self, count: int, seconds: float = 5) -> list[tuple[str, dict[str, str], bytes]]:
        end = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < end:
            time.sleep(0.01)
        return list(self.received)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            shop.methods.append(self.command)
            shop.received.append((self.path, dict(self.headers), body))
            self.send_response(shop.answers.pop(0) if shop.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_POST

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    yield shop
    server.shutdown()
    thread.join()
    server.server_close()


class Line:
    """`line(speak)` opens a port where `speak` is handed each connection, after its request was read."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self._closing = threading.Event()
        self._stack = contextlib.ExitStack()

    def __call__(self, speak: Callable[[socket.socket], None]) -> str:
        listener = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(0.05)
        thread = threading.Thread(target=self._answer, args=(listener, speak))
        thread.start()
        self._stack.callback(thread.join)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def close(self) -> None:
        self._closing.set()
        self._stack.close()

    def _answer(self, listener: socket.socket, speak: Callable[[socket.socket], None]) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                self.requests.append(_read_request(connection))
                speak(connection)


def _read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65_536) or b"\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()
