"""The people behind the phones: what they do by themselves, and what their phones show meanwhile.

A number's last three digits decide (the manner of pawaPay's sandbox); a number that is not in the table waits for
somebody to act on `/phone/` or over `/_control/`, unless `POST /_control/payers` has told everybody what to do.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

Act = Callable[[str, str, Mapping[str, Any]], None]  # session, action, options: `stage.Simulator.act`

# Last three digits → what the payer does, and with which of the taxonomy's reasons it fails.
BY_SUFFIX: Mapping[str, tuple[str, str]] = {
    "789": ("approve", ""),
    "039": ("refuse", ""),
    "029": ("fail", "payer_not_found"),
    "048": ("fail", "payer_insufficient_funds"),
    "058": ("fail", "payer_limit_reached"),
    "068": ("fail", "unspecified"),
    "129": ("nothing", ""),  # stuck
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request that waits for its payer."""

    session: str
    provider: str
    market: str
    phone: str
    text: str  # what the phone shows: "1500 XOF, Coko F-2026-…"


@dataclass(frozen=True, slots=True)
class Habit:
    """What everybody does, unless their number says otherwise."""

    action: str = "nothing"  # nothing, approve, refuse, fail
    after_seconds: float = 0
    code: str = ""


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    session: str = field(compare=False)
    action: str = field(compare=False)
    code: str = field(compare=False)
    act: Act = field(compare=False)


class Payers:
    """One thread that acts when it is time."""

    def __init__(self) -> None:
        self.habit = Habit()
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="payers", daemon=True)

    def asked(self, session: str, phone: str, act: Act) -> None:
        """A prompt (or a page) has reached somebody. Call it once the session is in the book."""
        action, code = BY_SUFFIX.get(phone[-3:], (self.habit.action, self.habit.code))
        if action == "nothing":
            return
        with self._changed:
            due = _Due(time.monotonic() + self.habit.after_seconds, next(self._numbers), session, action, code, act)
            heapq.heappush(self._due, due)
            self._changed.notify()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            try:
                due.act(due.session, due.action, {"code": due.code})
            except Exception:  # noqa: BLE001  often a session that ended meanwhile; the next payer must not wait for it
                logger.info("event=payer_too_late session=%s action=%s", due.session, due.action)

    def _next(self) -> _Due | None:
        with self._changed:
            while not self._is_stopping:
                wait = self._due[0].at - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)
                self._changed.wait(wait)
        return None
