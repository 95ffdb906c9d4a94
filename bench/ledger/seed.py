"""Fills databases: the seed with ten thousand postings, and the large ledger with ten million."""

import multiprocessing
import time
from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.db import connections

from bench.ledger import server, world
from config import databases

_BATCH = 1_000
_DAYS = 300  # over which the large ledger's entries are spread; the seed's lie before


def make_seed() -> None:
    """`bench_seed`, unless it is there."""
    server.drop_if_outdated()
    if server.exists(server.SEED):
        return
    for alias in databases.ALIASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    connections.close_all()
    with server.as_owner(server.ROUNDS) as connection:
        codes, holders = zip(*world.every_account(), strict=True)
        with connection.transaction():
            connection.execute("SELECT set_config('coko.ledger_writing', 'on', true)")
            for entity in (world.ENTITY, world.OTHER_ENTITY):
                connection.execute(
                    "SELECT ledger_open_accounts(%s, %s, %s, %s)",
                    [entity, list(codes), [world.CURRENCY] * len(codes), list(holders)],
                )
        began = datetime.now(UTC) - timedelta(days=_DAYS + 2)
        stock = world.sales(1)
        for _ in range(-(-world.SEEDED_POSTINGS // 3 // _BATCH)):
            batch = [next(stock) for _ in range(_BATCH)]
            world.post_batch(connection, world.batch_arguments(batch, began))
        connection.execute("VACUUM ANALYZE")
    server.create(server.SEED, like=server.ROUNDS)


def make_large(postings: int) -> float | None:
    """A copy of the seed with so many postings in it, unless it is there. How many entries a second it took.

    Half of them are another legal entity's, so that two sessions fill at once and each account's time is in order. Six
    of ten entries of ours are the hot account's; `pye_ten` has ten.
    """
    database = large_name(postings)
    if server.exists(database):
        return None
    filling = f"{database}_filling"
    server.create(filling, like=server.SEED)
    until, began = datetime.now(UTC), time.monotonic()
    entries = -(-postings // 3 // 2)
    with multiprocessing.get_context("spawn").Pool(2) as fillers:
        fillers.starmap(_fill, [(filling, entity, entries, until) for entity in (world.ENTITY, world.OTHER_ENTITY)])
    taken = time.monotonic() - began
    with server.as_owner(filling) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    server.rename(filling, database)  # only now: a fill that was stopped is begun again
    return 2 * entries / taken


def _fill(database: str, entity: str, entries: int, until: datetime) -> None:
    """Entries in batches, recorded in even steps over the days before `until`."""
    usual, hot, ten = (world.sales(2, payee=payee) for payee in (None, world.HOT, world.TEN))
    rare = range(0, entries // 10 * 10, max(entries // 10, 1))  # ten numbers
    with server.as_owner(database) as connection:
        for first in range(0, entries, _BATCH):
            batch = [
                next(ten if number in rare else hot if number % 10 < 6 else usual)
                for number in range(first, min(first + _BATCH, entries))
            ]
            at = until - timedelta(days=_DAYS) * (1 - first / entries)
            world.post_batch(connection, world.batch_arguments(batch, at, entity=entity))


def large_name(postings: int) -> str:
    return f"bench_large_{postings}"
