"""Batches of 1,000 through `ledger_post_batch`, from sessions that do nothing else; arguments are made beforehand."""

import argparse
import json
import multiprocessing
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg

from bench.ledger import world

_WARM = 2  # batches before the clock runs
_MADE_A_SECOND = 15  # batches a session has ready; more than it will write


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("address")
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--sessions", type=int, default=4)
    options.add_argument("--batch", type=int, default=1_000)
    options.add_argument("--hot", action="store_true")
    chosen = options.parse_args()
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(chosen.sessions)
    answers = fork.SimpleQueue()
    sessions = [
        fork.Process(target=lambda: answers.put(_session(chosen, start)), daemon=True) for _ in range(chosen.sessions)
    ]
    for session in sessions:
        session.start()
    done = [answers.get() for _ in sessions]
    print(json.dumps({"entries": sum(count for count, _ in done), "seconds": max(taken for _, taken in done)}))


def _session(chosen: argparse.Namespace, start: Barrier) -> tuple[int, float]:
    """Entries written, seconds it took."""
    stock = world.sales(time.time_ns(), payee=world.HOT if chosen.hot else None)

    def made() -> list[Any]:
        return world.batch_arguments([next(stock) for _ in range(chosen.batch)], datetime.now(UTC))

    batches = [made() for _ in range(_WARM + round(chosen.seconds * _MADE_A_SECOND))]
    with psycopg.connect(chosen.address, autocommit=True, prepare_threshold=0) as connection:
        for _ in range(_WARM):
            world.post_batch(connection, batches.pop(), at=datetime.now(UTC))
        start.wait(timeout=60)
        count, began = 0, time.monotonic()
        while (taken := time.monotonic() - began) < chosen.seconds:
            world.post_batch(connection, batches.pop() if batches else made(), at=datetime.now(UTC))
            count += chosen.batch
    return count, taken


if __name__ == "__main__":
    main()
