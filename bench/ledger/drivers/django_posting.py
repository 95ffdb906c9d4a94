"""From Python, as our own code posts: `operations` over Django's connection, in one process.

`single`: threads that post one entry after the other. `batch`: one thread, `post_many` of 1,000 drafts. `queue`: one
thread hands entries of one hot account to a `PostingQueue`, 4,000 ahead of the answers, as many callers would.
"""

import argparse
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import django

_BATCH = 1_000
_IN_FLIGHT = 4_000


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("mode", choices=["single", "batch", "queue"])
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--linger", type=float, default=0.01, help="seconds the queue gathers for")
    chosen = options.parse_args()
    django.setup()
    if chosen.mode == "queue":
        done = queue(chosen.seconds, linger=chosen.linger)
    else:
        done = posting(single if chosen.mode == "single" else batch, chosen.seconds, threads=chosen.threads)
    print(json.dumps(done))


def posting(post: Callable[[int], int], seconds: float, *, threads: int) -> dict[str, float]:
    start, counts = threading.Barrier(threads), [0] * threads

    def work(number: int) -> None:
        from django.db import connection

        post(number)  # opens the connection and prepares the function
        start.wait(timeout=60)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            counts[number] += post(number)
        connection.close()

    workers = [threading.Thread(target=work, args=[number]) for number in range(threads)]
    for worker in workers:
        worker.start()
    began = time.monotonic()
    for worker in workers:
        worker.join()
    return {"entries": sum(counts), "seconds": max(seconds, time.monotonic() - began)}


def single(number: int) -> int:
    from django.utils import timezone

    from billing.ledger import operations

    at = timezone.now()
    operations.post(draft=next(_stock(number)).draft(at), at=at)
    return 1


def batch(number: int) -> int:
    from django.utils import timezone

    from billing.ledger import operations

    at = timezone.now()
    stock = _stock(number)
    return len(operations.post_many(drafts=[next(stock).draft(at) for _ in range(_BATCH)], at=at))


def queue(seconds: float, *, linger: float) -> dict[str, float]:
    from django.utils import timezone

    from bench.ledger import world
    from billing.ledger.facts import EntryFact
    from billing.ledger.queue import PostingQueue

    stock, waiting, done = world.sales(time.time_ns(), payee=world.HOT), deque["Future[EntryFact]"](), 0
    with PostingQueue(linger_seconds=linger) as posting_queue:
        posting_queue.submit(next(stock).draft(timezone.now())).result()
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            waiting.append(posting_queue.submit(next(stock).draft(timezone.now())))
            if len(waiting) >= _IN_FLIGHT:
                waiting.popleft().result()
                done += 1
        for future in waiting:
            future.result()
        return {"entries": done + len(waiting), "seconds": time.monotonic() - began}


_stocks: dict[int, "object"] = {}


def _stock(number: int):
    from bench.ledger import world

    return _stocks.setdefault(number, world.sales(time.time_ns() + number))


if __name__ == "__main__":
    main()
