"""What the three simulators of Orange share: calls that go wrong on demand, tokens that end, small spellings.

Nothing here is used by the adapters.
"""

import functools
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.stage import Stage

_LOOPBACK = {"127.0.0.1", "::1"}


class Refused(Exception):
    """The API says no, with this document."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.document = document


class Plays(Protocol):
    stage: Stage
    words: Words


def operation(name: str | Callable[[], str]) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """An API call that can be told to go wrong under this name (or the one that its request stands for)."""

    def mark(view: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def answer(self: Plays, **kwargs: str) -> Response:
            def work() -> Response:
                try:
                    return view(self, **kwargs)
                except Refused as refused:
                    return shown(refused.document, refused.status)

            called = name if isinstance(name, str) else name()
            fault = self.stage.faults.take(called, request.full_path + request.get_data(as_text=True))
            return perform(fault, work, words=self.words, stopping=self.stage.stopping) if fault else work()

        return answer

    return mark


class TokenOffice:
    """Access tokens and who they were given to; forgotten by a restart, as nobody minds minting another."""

    def __init__(self, stage: Stage, *, seconds: int) -> None:
        self._stage = stage
        self.seconds = seconds
        self._given: dict[str, tuple[str, datetime]] = {}

    def mint(self, owner: str) -> str:
        token = secrets.token_urlsafe(24)
        self._given[token] = (owner, self._stage.clock.now() + timedelta(seconds=self.seconds))
        return token

    def owner(self) -> str | None:
        """Whose token this request carries; None: nobody's, or it has ended."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        owner, ends = self._given.get(token, ("", self._stage.clock.now()))
        return owner if scheme.lower() == "bearer" and self._stage.clock.now() < ends else None


def shown(document: Any, status: int = 200) -> Response:
    answer = jsonify(document)
    answer.status_code = status
    return answer


def is_near(url: str) -> bool:
    """On this machine or its own network: nowhere else does a simulator call."""
    host = urlsplit(url).hostname or ""
    return host in _LOOPBACK or (host != "" and "." not in host)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def transaction_id(prefix: str, moment: datetime) -> str:
    """`MP220928.1029.C58502`: 20 characters."""
    return f"{prefix}{moment:%y%m%d.%H%M}.{secrets.choice('ABCD')}{secrets.randbelow(10**5):05d}"


def spoken(amount: int, currency: str) -> str:
    """`1 500 F CFA`, with the spaces that do not break."""
    unit = "F\u00a0CFA" if currency in ("XOF", "XAF") else currency
    return f"{amount:,}".replace(",", "\u202f") + f"\u00a0{unit}"
