"""A connection that ends in time, whatever the other side is doing."""

import contextlib
import functools
import socket
import threading
import types
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection


class Deadline:
    """Cuts the line when the time is up, even if the other side keeps sending a byte now and then.

    A read time-out starts again with every byte, so it cannot bound a call; a timer that shuts the socket can. Only the
    look-up of the host's name is outside its reach: the system's resolver has its own limit.
    """

    def __init__(self, seconds: float) -> None:
        self.reached = False
        self.established = False  # TCP, and TLS where used, is up: from here on the request may have arrived
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *raised: type[BaseException] | BaseException | types.TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None

    def watch(self, line: socket.socket) -> None:
        """Shutting a second handle of a socket shuts the connection itself, also after TLS has wrapped the first."""
        with self._lock:
            self._line = line.dup()
        if self.reached:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.reached = True
            if self._line is not None:
                with contextlib.suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)


class _Watched:
    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        line: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.deadline.watch(line)
        return line

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.deadline.established = True


class _WatchedHTTP(_Watched, HTTPConnection):
    pass


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class WatchedLines(HTTPAdapter):
    """Makes every connection one that the deadline can cut."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _WatchedHTTPS if pool.scheme == "https" else _WatchedHTTP
        pool.ConnectionCls = functools.partial(self._connection, kind)
        return pool

    def _connection(self, kind: type[_Watched], **settings: Any) -> _Watched:
        connection = kind(**settings)
        connection.deadline = self._deadline
        return connection
