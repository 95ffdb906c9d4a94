"""Batches of 1,000 through `ledger_post_many`, from sessions that do nothing else; arguments are made beforehand."""

import argparse
import json
import multiprocessing
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier

import psycopg

from bench.ledger import world


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
    batches = [[next(stock) for _ in range(chosen.batch)] for _ in range(8)]
    with psycopg.connect(chosen.address, autocommit=True, prepare_threshold=0) as connection:
        _post(connection, batches[0])
        start.wait(timeout=60)
        count, began = 0, time.monotonic()
        while (taken := time.monotonic() - began) < chosen.seconds:
            count += _post(connection, batches[count // chosen.batch % len(batches)])
    return count, taken


def _post(connection: "psycopg.Connection[tuple[int]]", sales: list[world.Sale]) -> int:
    row = connection.execute(world.POST_MANY, world.batch_arguments(sales, datetime.now(UTC))).fetchone()
    assert row is not None
    return row[0]


if __name__ == "__main__":
    main()
