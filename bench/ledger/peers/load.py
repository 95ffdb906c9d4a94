"""Runs one peer: `prepare` once, then its transaction in several processes; prints one line of JSON.

A transaction that fails is counted apart and is no entry.
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from typing import Any


def run(*, prepare: Callable[[str], Any], connect: Callable[[str, Any], Callable[[], None]]) -> None:
    """`prepare` makes tables and accounts and says what a process needs to know; `connect` gives a process its sale."""
    options = argparse.ArgumentParser()
    options.add_argument("address")
    options.add_argument("--prepare", action="store_true")
    options.add_argument("--known", default="null", help="what --prepare printed")
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--processes", type=int, default=8)
    chosen = options.parse_args()
    if chosen.prepare:
        print(json.dumps(prepare(chosen.address)))
        return
    fork = multiprocessing.get_context("fork")
    start, answers = fork.Barrier(chosen.processes), fork.SimpleQueue()

    def work() -> None:
        try:
            answers.put(_work(connect(chosen.address, json.loads(chosen.known)), chosen.seconds, start))
        except BaseException as error:
            answers.put(repr(error))
            raise

    workers = [fork.Process(target=work, daemon=True) for _ in range(chosen.processes)]
    for worker in workers:
        worker.start()
    done = []
    for _ in workers:
        answer = answers.get()
        if isinstance(answer, str):
            sys.exit(f"a process ended: {answer}")  # the others are daemons and end with us
        done.append(answer)
    print(
        json.dumps(
            {
                "entries": sum(count for count, _, _ in done),
                "failed": sum(failed for _, failed, _ in done),
                "seconds": max(taken for _, _, taken in done),
            }
        )
    )


def _work(sale: Callable[[], None], seconds: float, start: Any) -> tuple[int, int, float]:
    """Transactions done and failed, seconds."""
    _warm(sale)
    start.wait(timeout=600)
    count = failed = 0
    began = time.monotonic()
    while (taken := time.monotonic() - began) < seconds:
        try:
            sale()
            count += 1
        except Exception:  # noqa: BLE001  whatever a peer raises under load, it did not write
            failed += 1
    return count, failed, taken


def _warm(sale: Callable[[], None], tries: int = 20) -> None:
    """One sale that succeeds; others are beginning too, and may be in the way a few times."""
    for left in reversed(range(tries)):
        try:
            return sale()
        except Exception:
            if not left:
                raise
