"""One signed POST to one receiver: to the checked address, within one deadline, following nothing."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from billing.outbox import destination
from billing.outbox.destination import BadDestination, Destination

DEADLINE_SECONDS = 15.0
READ_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of it: a status, or the problem that kept one from coming."""

    status: int | None
    problem: str = ""

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """A connection to one IP address that speaks to the host by its name, in the Host header and in TLS."""

    def __init__(self, to: Destination, address: str, *, timeout: float) -> None:
        super().__init__(to.host, to.port, timeout=timeout)
        self._to, self._address = to, address
        self.cut_off = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self._to.port), self.timeout)
        if self._to.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._to.host)

    def cut(self) -> None:
        """End it from another thread: per-read time-outs alone let a receiver drip one byte at a time for ever."""
        self.cut_off = True
        if self.sock is not None:
            self.sock.close() if self.sock.fileno() < 0 else self.sock.shutdown(socket.SHUT_RDWR)


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    private_allowed: bool,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Delivery:
    """Send the body. Never raises for what a receiver does; a redirect is its answer, not an instruction."""
    try:
        to = destination.parse(url, private_allowed=private_allowed)
        address = destination.resolve(to, private_allowed=private_allowed)
    except BadDestination as refusal:
        return Delivery(None, str(refusal))
    connection = _Pinned(to, address, timeout=deadline_seconds)
    watchdog = threading.Timer(deadline_seconds, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        return _exchange(connection, to, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: what cannot be written in HTTP
        return Delivery(None, "no answer in time" if connection.cut_off else f"no answer: {type(error).__name__}")
    finally:
        watchdog.cancel()
        connection.close()


def _exchange(connection: _Pinned, to: Destination, body: bytes, headers: Mapping[str, str]) -> Delivery:
    connection.request("POST", to.target, body=body, headers={**headers, "Connection": "close"})
    response = connection.getresponse()
    response.read(READ_MAX)  # so that the receiver can finish its sentence; what it says is of no use to us
    return Delivery(response.status)
