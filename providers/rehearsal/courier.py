"""Sends notifications in the background, again and again until they are answered with 2xx."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from providers.rehearsal.book import Book, Delivery
from providers.rehearsal.faults import Faults, Kind

logger = logging.getLogger(__name__)

Sign = Callable[[Delivery], Mapping[str, str]]
Forge = Callable[[Delivery], Delivery]  # what somebody would send who was told neither the address nor the secrets
Ends = Callable[[str], bool]  # whether the provider takes that answer for the last

_ANSWER_SECONDS = 5
_WAIT_SECONDS_MAX = 3600.0
_ATTEMPTS_MAX = 84  # about three days once the wait has grown to an hour
_IDLE_SECONDS = 0.5
_OVERTAKEN_SECONDS = 0.2


class Courier:
    """One thread. Notifications lie in the book, so those on their way survive a restart."""

    def __init__(self, book: Book, faults: Faults, *, post_to: str | None, retry_seconds: float) -> None:
        self._book = book
        self._faults = faults
        self._post_to = post_to.rstrip("/") if post_to else None
        self._retry_seconds = retry_seconds
        self._sign: dict[str, Sign] = {}
        self._forge: dict[str, Forge] = {}
        self._ends: dict[str, Ends] = {}
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def signs(self, provider: str, sign: Sign, *, forge: Forge | None = None, ends: Ends | None = None) -> None:
        """Tell how this provider's notifications prove their origin, how false ones look, and what ends delivery."""
        self._sign[provider] = sign
        self._forge[provider] = forge or (lambda delivery: delivery)
        self._ends[provider] = ends or (lambda answer: answer.startswith("2"))

    def publish(
        self,
        *,
        provider: str,
        market: str,
        event: Mapping[str, Any],
        url: str = "",
        method: str = "POST",
        retried: bool = True,
        delay_seconds: float = 0,
    ) -> None:
        """Put an event on its way, together with what the caller is writing to the book.

        It goes to `url` where the caller of the API has named one, else to the usual address. `retried` says whether
        this provider insists when it is not answered.
        """
        body = json.dumps(event, separators=(",", ":"))
        fault = self._faults.take("webhook", f"{provider} {market} {body}")
        kind = fault.kind if fault else None
        if (self._post_to is None and not url) or kind is Kind.NEVER:
            return
        due = time.time() + delay_seconds + (fault.seconds if fault and kind is Kind.DELAY else 0)
        copies = 1 + (fault.copies if fault and kind is Kind.DUPLICATE else 0)
        for _ in range(copies):
            self._book.enqueue(
                provider=provider,
                market=market,
                body=body,
                forged=kind is Kind.FORGED,
                due=due,
                held=kind is Kind.OUT_OF_ORDER,
                url=url,
                method=fault.method if fault and kind is Kind.METHOD else method,
                retried=retried,
            )
        if kind is not Kind.OUT_OF_ORDER:
            self._book.release_held(due=due + _OVERTAKEN_SECONDS)
        self._woken.set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        self._thread.join(timeout=_ANSWER_SECONDS + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            delivery = self._book.next_delivery(now=time.time())
            if delivery is None:
                self._woken.wait(min(self._retry_seconds, _IDLE_SECONDS))
            else:
                self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        answer = self._post(delivery)
        finished = (
            self._ends[delivery.provider](answer) or not delivery.retried or delivery.attempts + 1 >= _ATTEMPTS_MAX
        )
        wait = min(self._retry_seconds * 2**delivery.attempts, _WAIT_SECONDS_MAX)
        self._book.attempted(delivery, answer=answer, next_due=None if finished else time.time() + wait)
        logger.info("event=notification delivery=%d attempt=%d answer=%s", delivery.id, delivery.attempts + 1, answer)

    def _post(self, delivery: Delivery) -> str:
        if delivery.forged:
            delivery = self._forge[delivery.provider](delivery)
        url = _known_to(delivery) or f"{self._post_to}/{delivery.provider}/{delivery.market}/"
        headers = {"Content-Type": "application/json", **self._sign[delivery.provider](delivery)}
        try:
            with (
                _line() as line,
                line.request(
                    delivery.method,
                    url,
                    data=delivery.body.encode(),
                    headers=headers,
                    timeout=_ANSWER_SECONDS,
                    allow_redirects=False,
                ) as answer,
            ):
                return str(answer.status_code)
        except requests.RequestException as error:
            return type(error).__name__


def _line() -> requests.Session:
    """A session that reads no environment: notifications go to this machine, and others may be changing it now."""
    session = requests.Session()
    session.trust_env = False
    return session


def _known_to(delivery: Delivery) -> str:
    """Where the caller of the API asked to be called; whoever forges does not know the secret end of that address."""
    if not delivery.forged:
        return delivery.url
    path, slash, end = delivery.url.rpartition("/")
    return path + slash + end.swapcase()
