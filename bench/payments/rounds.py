"""The rates, one after the other and again: A B C A B C …

A machine that others use too is not the same from minute to minute, so each rate is held against what was measured in
the same round, and the median of these ratios counts. Beside the rates stands the processor time of each part of the
system for one request or settlement, which hardly depends on who else is on the machine.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.payments import buyers, load, server, tpcb, usage
from bench.payments.buyers import Started
from bench.payments.report import Figure
from bench.payments.sizes import Sizes
from bench.payments.stack import Stack
from billing.outbox.models import EventState, OutgoingEvent
from providers.rehearsal.book import Book

TPCB, HEALTH, SIGNED, GARBAGE = "pgbench TPC-B", "/healthz", "webhook, signed", "webhook, unsigned garbage"
STARTED, SETTLED, DELIVERED = "payments started", "settlement", "outbox events delivered"
HEALTH_RATIO_GOAL, SETTLED_GOAL = 0.5, 150.0
_SETTLE_SECONDS_MAX = 240


@dataclass(slots=True)
class Round:
    """One round's rates by name, and milliseconds of processor time a piece by name and part of the system."""

    rates: dict[str, float] = field(default_factory=dict)
    costs: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(slots=True)
class Rounds:
    """`stacks`: ours, and perhaps that of another source tree, in turn; the figures of others bear their name."""

    stacks: list[Stack]
    sizes: Sizes
    book: Book
    simulators_pid: int
    say: Callable[[str], None]

    def measured(self) -> list[Round]:
        first = 0 if self.sizes.warm else 1  # round 0 warms caches and counts for nothing
        rounds = []
        for number in range(first, self.sizes.rounds + 1):
            rounds.append(self._round(backwards=number % 2 == 0))
            told = ", ".join(f"{name} {value:,.0f}" for name, value in rounds[-1].rates.items())
            self.say(f"round {number}: {told}" if number else f"warm: {told}")
        return rounds[-self.sizes.rounds :]

    def _round(self, *, backwards: bool) -> Round:
        found = Round()
        seconds = self.sizes.seconds
        found.rates[TPCB] = tpcb.rate(seconds)
        stacks = self.stacks[::-1] if backwards else self.stacks
        began = time.perf_counter()
        started = {stack.name: buyers.start(self.sizes.payments, self.book) for stack in stacks}
        found.rates[STARTED] = len(stacks) * self.sizes.payments / (time.perf_counter() - began)
        for name, requests in (
            (HEALTH, lambda _: iter(lambda: load.get("/healthz"), None)),
            (SIGNED, lambda stack: buyers.signed(started[stack.name].sessions, once=False)),
            (GARBAGE, lambda _: buyers.garbage()),
        ):
            for stack in stacks:
                server.empty_inbox()
                self._note(found, name, stack, lambda r=requests, s=stack: load.send(s.port, r(s), seconds=seconds))
        for stack in stacks:
            self._store(stack, started[stack.name])
            self._note(found, SETTLED, stack, lambda s=stack: self.settle(s, started[s.name]))
            self._note(found, DELIVERED, stack, lambda s=stack: self.deliver(s))
        return found

    def _note(self, found: Round, name: str, stack: Stack, measure: Callable[[], load.Done]) -> None:
        parts = {**stack.process_ids(), "simulators": self.simulators_pid, **server.process_ids()}
        before = usage.seconds(parts)
        done = measure()
        label = label_of(name, stack)
        found.rates[label] = done.rate
        found.costs[label] = usage.spent(before, usage.seconds(parts), done.count)

    def take(self, stack: Stack, started: Started, *, seconds: float) -> load.Done:
        """Notifications of these payments, again and again."""
        return load.send(stack.port, buyers.signed(started.sessions, once=False), seconds=seconds)

    def ready(self, stack: Stack, count: int) -> Started:
        """Payments that only wait for the worker."""
        started = buyers.start(count, self.book)
        self._store(stack, started)
        return started

    def _store(self, stack: Stack, started: Started) -> None:
        """Every payment's notification is received and stored, and its hint waits in the queue."""
        server.empty_inbox()
        done = load.send(stack.port, buyers.signed(started.sessions, once=True), seconds=_SETTLE_SECONDS_MAX)
        assert done.count == len(started.sessions), f"{done.count} of {len(started.sessions)} notifications were taken"
        assert buyers.settled_count(started.payment_refs) == 0, "the worker was to wait"

    def settle(self, stack: Stack, started: Started) -> load.Done:
        """From the moment the worker may begin to the last payment's capture."""
        wanted = len(started.payment_refs)
        began = time.perf_counter()
        stack.go()
        while buyers.settled_count(started.payment_refs) < wanted:
            if time.perf_counter() - began > _SETTLE_SECONDS_MAX:
                raise SystemExit(f"bench: not settled after {_SETTLE_SECONDS_MAX} s; see the worker's log")
            time.sleep(0.1)
        return load.Done(wanted, time.perf_counter() - began)

    def deliver(self, stack: Stack) -> load.Done:
        """What the outbox still has to deliver; then the worker waits again."""
        waiting = OutgoingEvent.objects.filter(state=EventState.WAITING)
        count = max(1, waiting.count())
        began = time.perf_counter()
        while waiting.exists():
            if time.perf_counter() - began > _SETTLE_SECONDS_MAX:
                raise SystemExit(f"bench: not delivered after {_SETTLE_SECONDS_MAX} s; see the worker's log")
            time.sleep(0.1)
        took = time.perf_counter() - began
        stack.pause()
        return load.Done(count, max(took, 0.001))


def label_of(name: str, stack: Stack) -> str:
    return name if stack.name == "ours" else f"{name} ({stack.name})"


def figures(rounds: list[Round], stacks: list[Stack]) -> Iterator[Figure]:
    """Rates with their ratios, then processor time."""
    yield _figure(rounds, TPCB, "", unit="transactions/s")
    yield _figure(rounds, STARTED, TPCB)
    for stack in stacks:
        health = label_of(HEALTH, stack)
        yield _figure(rounds, health, TPCB)
        for name in (SIGNED, GARBAGE):
            yield _figure(rounds, label_of(name, stack), health, goal=HEALTH_RATIO_GOAL, goal_on_ratio=True)
            yield _figure(rounds, label_of(name, stack), TPCB)
        yield _figure(rounds, label_of(SETTLED, stack), TPCB, goal=SETTLED_GOAL)
        yield _figure(rounds, label_of(DELIVERED, stack), TPCB)
    if len(stacks) > 1:
        for name in (HEALTH, SIGNED, GARBAGE, SETTLED, DELIVERED):
            yield _figure(rounds, name, label_of(name, stacks[1]))
    for stack in stacks:
        for name in (HEALTH, SIGNED, GARBAGE, SETTLED, DELIVERED):
            yield _cost(rounds, label_of(name, stack))


def _figure(
    rounds: list[Round],
    name: str,
    versus: str,
    *,
    unit: str = "/s",
    goal: float | None = None,
    goal_on_ratio: bool = False,
) -> Figure:
    values = [found.rates[name] for found in rounds]
    ratios = [found.rates[name] / found.rates[versus] for found in rounds] if versus else []
    return Figure(name, unit, versus, goal, goal_on_ratio, values, ratios)


def _cost(rounds: list[Round], name: str) -> Figure:
    costs = [found.costs[name] for found in rounds]
    parts = {part: sum(cost[part] for cost in costs) / len(costs) for part in costs[0]}
    note = ", ".join(f"{part} {value:.2f}" for part, value in parts.items() if value >= 0.01)
    return Figure(f"processor time: {name}", "ms each", values=[sum(cost.values()) for cost in costs], note=note)
