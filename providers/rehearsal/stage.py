"""What one running simulator server has, and what a simulator must be to stand on it."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from flask import Blueprint

from providers.rehearsal.book import Book
from providers.rehearsal.courier import Courier
from providers.rehearsal.faults import Faults
from providers.rehearsal.payer import Payers, Prompt


class Clock:
    """The real time, moved ahead on demand. Stamps of notifications do not follow it: their receiver would not."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by


@dataclass(frozen=True, slots=True)
class Stage:
    """The parts shared by the simulators of one server."""

    book: Book
    faults: Faults
    courier: Courier
    payers: Payers = field(default_factory=Payers)
    clock: Clock = field(default_factory=Clock)
    stopping: threading.Event = field(default_factory=threading.Event)  # ends what hangs on purpose


class NoSuchSession(Exception):
    """No simulator knows it."""


class TooLate(Exception):
    """The session has ended: nobody can act on it any more."""


class Simulator(Protocol):
    """One provider, played."""

    name: str
    blueprint: Blueprint

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does: `approve`, `refuse` or `fail` (with a `code`).

        :raises NoSuchSession: it is another simulator's, or nobody's.
        """
        ...

    def waiting(self) -> list[Prompt]:
        """What waits for a payer now, the latest first; a hundred at most."""
        ...
