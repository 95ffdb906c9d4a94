"""The rates that are measured in rounds, one after the other and again: A B C A B C …

A machine that others use too is not the same from minute to minute, so each rate is held against the TPC-B rate of the
same round, and the median of these ratios counts.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import redis

from bench.ledger import peers_venv, pgbench, run, server, world
from bench.ledger.measures import Figure, Goal
from bench.ledger.sizes import Sizes
from config import embedded

_BATCH_SESSIONS = 4


@dataclass(slots=True)
class Rate:
    """Something that gives entries a second, and what it is held against: names of other rates, with goals."""

    part: str
    name: str
    measure: Callable[[float], float]  # takes seconds
    goals: dict[str, Goal | None] = field(default_factory=dict)


TPCB = "pgbench TPC-B"
SINGLE = "single"
BATCH = "batch of 1,000"
SMALL = f"single at {world.SEEDED_POSTINGS:,} postings"


def all_rates(sizes: Sizes) -> list[Rate]:
    """In the order of a round; what others are held against first."""
    address = server.address(server.ROUNDS, role="coko_app")

    def batches(*more: str) -> Callable[[float], float]:
        return lambda seconds: run.driver(
            "batches", address, "--seconds", seconds, "--sessions", _BATCH_SESSIONS, *more
        )

    def script(**hot: bool) -> Callable[[float], float]:
        return lambda seconds: pgbench.script(server.ROUNDS, world.single_sql(**hot), seconds)

    def from_python(mode: str, *more: object) -> Callable[[float], float]:
        return lambda seconds: run.driver("django_posting", mode, "--seconds", seconds, *more)

    def peer(name: str) -> Callable[[float], float]:
        return lambda seconds: peers_venv.rate(name, seconds)

    large = large_name(sizes)
    return [
        Rate("", TPCB, pgbench.tpcb),
        Rate("single", SINGLE, script(), {TPCB: Goal(2.0, 1.4)}),
        Rate("hot", "single, one hot account", script(hot_payable=True), {TPCB: Goal(1.2, 0.8)}),
        Rate("hot", "single, hot accounts in record mode", script(hot_wallet=True), {TPCB: Goal(1.2, 0.8)}),
        Rate("queue", "hot account, posting queue 10 ms", from_python("queue"), {TPCB: Goal(8)}),
        Rate("batch", BATCH, batches(), {TPCB: Goal(12, 8)}),
        Rate("batch", "batch, one account in every entry", batches("--hot"), {TPCB: Goal(12, 8)}),
        Rate("python", "Python, single, 8 threads", from_python("single", "--threads", 8), {TPCB: Goal(1.2)}),
        Rate("python", "Python, single, 1 thread", from_python("single"), {TPCB: None}),
        Rate("python", "Python, batch of 1,000", from_python("batch"), {TPCB: Goal(10)}),
        Rate("celery", "Celery, batch of 1,000", _celery, {TPCB: Goal(8)}),
        Rate("peers", "django-hordak", peer("hordak"), {SINGLE: Goal(5), BATCH: Goal(25)}),
        Rate("peers", "django-ledger", peer("django_ledger"), {SINGLE: None, BATCH: None}),
        Rate("peers", "python-accounting", peer("python_accounting"), {SINGLE: None, BATCH: None}),
        Rate("growth", SMALL, _small, {TPCB: None}),
        Rate("growth", large, _large, {SMALL: Goal(0.9)}),
        Rate("seal", "the same, sealing as fast beside", _sealed, {large: Goal(0.95)}),
    ]


def large_name(sizes: Sizes) -> str:
    return f"single at {sizes.large_postings:,} postings"


def chosen(sizes: Sizes, parts: set[str]) -> list[Rate]:
    """The rates of these parts, and those they are held against."""
    rates = all_rates(sizes)
    wanted = {rate.name for rate in rates if rate.part in parts}
    against = {name for rate in rates if rate.name in wanted for name in rate.goals} | ({TPCB} if wanted else set())
    return [rate for rate in rates if rate.name in wanted | against]


def measured(rates: list[Rate], sizes: Sizes, say: Callable[[str], None]) -> Iterator[Figure]:
    with ExitStack() as stack:
        if any(rate.part == "celery" for rate in rates):
            stack.enter_context(_worker())
        rounds: list[dict[str, float]] = []
        failed: dict[str, str] = {}
        first = -1 if sizes.warm_seconds else 0  # round -1 warms caches and counts for nothing
        for number in range(first, sizes.rounds):
            found: dict[str, float] = {}
            for rate in rates:
                try:
                    found[rate.name] = rate.measure(sizes.seconds if number >= 0 else sizes.warm_seconds)
                except run.DidNotRun as reason:
                    failed[rate.name] = f"round {number + 1}: {reason}"
            if number >= 0:
                rounds.append(found)
                say(f"round {number + 1}: " + ", ".join(f"{name} {value:,.0f}" for name, value in found.items()))
    for rate in rates:
        yield from _figures(rate, rounds, failed.get(rate.name, ""))


def _figures(rate: Rate, rounds: list[dict[str, float]], reason: str) -> Iterator[Figure]:
    """One for each rate it is held against; `reason` is why it did not run in some round, or nothing."""
    unit = "transactions/s" if rate.name == TPCB else "entries/s"
    values = [found[rate.name] for found in rounds if rate.name in found]
    for versus, goal in rate.goals.items() or [("", None)]:
        pairs = [(found[rate.name], found[versus]) for found in rounds if versus in found and rate.name in found]
        if rate.part == "peers":  # how many times as fast we are
            ratios = [base / value for value, base in pairs]
            versus = f"our {versus} ÷ theirs"
        else:
            ratios = [value / base for value, base in pairs]
        yield Figure(rate.name, unit, versus, goal, values=values, ratios=ratios, note=reason)


def _small(seconds: float) -> float:
    server.create("bench_small", like=server.SEED)
    return _warm_script("bench_small", seconds)


def _large(seconds: float) -> float:
    return _warm_script(server.LARGE, seconds)


def _warm_script(database: str, seconds: float) -> float:
    pgbench.script(database, world.single_sql(), 1)
    return pgbench.script(database, world.single_sql(), seconds)


def _sealed(seconds: float) -> float:
    sealer = subprocess.Popen(
        [sys.executable, "-m", "bench.ledger.drivers.seals", "--seconds", str(seconds + 30)],
        env=server.environment(server.LARGE),
        cwd=server.ROOT,
        stdout=subprocess.PIPE,
    )
    assert sealer.stdout is not None
    try:
        sealer.stdout.readline()  # it has begun
        return _warm_script(server.LARGE, seconds)
    finally:
        sealer.terminate()
        sealer.wait(timeout=30)


def _celery(seconds: float) -> float:
    return run.driver("celery_posting", "--seconds", seconds)


@contextmanager
def _worker() -> Iterator[None]:
    """A real worker of two processes; ended by its id."""
    redis.Redis.from_url(embedded.redis_url()).flushdb()  # our own server: what a killed run left in its queue
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "bench.ledger.worker", "worker", "-c", "2", "-l", "ERROR"],
        env=server.environment(),
        cwd=server.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)
