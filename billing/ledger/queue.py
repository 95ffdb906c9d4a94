"""A posting queue: whoever has many entries for few accounts hands them in one by one, and they are written in batches.

In the process of the caller, in front of PostgreSQL and not beside it: an entry is written when its future has its
answer, and not before. When the process dies, what was not answered may or may not be written; the same draft handed in
again gives the first entry. Not for code inside a transaction of its own: the queue's writes are not part of it.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType

from django.db import connection
from django.utils import timezone

from billing.ledger.draft import EntryDraft
from billing.ledger.facts import EntryFact
from billing.ledger.operations.posting import Refused, post_each

_Item = tuple[EntryDraft, "Future[EntryFact]"]


class QueueClosed(Exception):
    """The queue takes no more entries."""


class PostingQueue:
    """Gathers drafts for `linger_seconds`, or until there are `batch_max`, and posts them as one batch.

    A context manager: leaving it waits until everything handed in is answered.
    """

    def __init__(
        self,
        *,
        linger_seconds: float = 0.01,
        batch_max: int = 1000,
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._linger_seconds = linger_seconds
        self._batch_max = batch_max
        self._clock = clock
        self._waiting: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="posting-queue", daemon=True)
        self._thread.start()

    def submit(self, draft: EntryDraft) -> "Future[EntryFact]":
        """Hand an entry in. The future gives the entry, or raises what `operations.post` would have raised.

        :raises QueueClosed: the queue was closed.
        """
        future: Future[EntryFact] = Future()
        with self._lock:
            if self._is_closed:
                raise QueueClosed
            self._waiting.put((draft, future))
        return future

    def close(self) -> None:
        """Write what was handed in, and stop."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._waiting.put(None)
        self._thread.join()

    def __enter__(self) -> "PostingQueue":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while (first := self._waiting.get()) is not None:
                batch, is_last = self._gather(first)
                self._write(batch)
                if is_last:
                    return
        finally:
            connection.close()  # this thread's own

    def _gather(self, first: _Item) -> tuple[list[_Item], bool]:
        batch = [first]
        until = time.monotonic() + self._linger_seconds
        while len(batch) < self._batch_max:
            try:
                item = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _write(self, batch: list[_Item]) -> None:
        live = [(draft, future) for draft, future in batch if future.set_running_or_notify_cancel()]
        if not live:
            return
        try:
            answers = post_each(drafts=[draft for draft, _ in live], at=self._clock())
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to those who wait
            connection.close_if_unusable_or_obsolete()
            for _, future in live:
                future.set_exception(error)
            return
        for (_, future), answer in zip(live, answers, strict=True):
            if isinstance(answer, Refused):
                future.set_exception(answer.reason)
            else:
                future.set_result(answer)
