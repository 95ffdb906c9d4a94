"""What is asked of a ledger that has grown: balances, the trial balance, the proof, the seals, the bytes."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connections
from django.utils import timezone

from bench.ledger import world
from bench.ledger.measures import Figure, Goal
from bench.ledger.sizes import Sizes
from billing.ledger import operations, queries
from billing.ledger.draft import AccountKey
from billing.ledger.verification import differences

_TIMES = 200
_SEALED_DAYS = 20
_GROUP_BY = "SELECT account_id, sum(amount_minor) FROM ledger_posting GROUP BY account_id"
MANY = AccountKey(world.ENTITY, world.PAYABLE, world.CURRENCY, world.HOT)
TEN = AccountKey(world.ENTITY, world.PAYABLE, world.CURRENCY, world.TEN)


def use(database: str) -> None:
    """From now on this process asks that database, as the application."""
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = database


def balances(sizes: Sizes) -> Iterator[Figure]:
    """Of an account with a million postings and of one with ten: now, and at a moment in the middle of its life."""
    for name, when in (
        ("balance now", dict),
        ("balance known at a moment", _known),
        ("balance as of a moment", _as_of),
    ):
        many, ten = [], []
        for _ in range(sizes.rounds):
            many.append(_milliseconds(MANY, when))
            ten.append(_milliseconds(TEN, when))
        ratios = [large / small for large, small in zip(many, ten, strict=True)]
        count = _postings_of(MANY)
        yield Figure(
            f"{name}, {count:,} postings", "ms", f"{_postings_of(TEN)} postings", Goal(1.5, at_most=True),
            values=many, ratios=ratios, note=_probes(when),
        )  # fmt: skip


def trial_balance(sizes: Sizes) -> Iterator[Figure]:
    """Over everything ever posted, against the barest GROUP BY; and the month's, with opening and closing."""
    ours, bare, month = [], [], []
    until = timezone.now()
    for _ in range(sizes.rounds):
        bare.append(_seconds(lambda: _execute(_GROUP_BY)))
        ours.append(_seconds(lambda: queries.balances()))
        month.append(
            _seconds(lambda: queries.trial_balance(entity=world.ENTITY, since=until - timedelta(days=30), until=until))
        )
    yield Figure("bare GROUP BY", "s", values=bare)
    yield Figure(
        "trial balance, everything", "s", "GROUP BY", Goal(1.5, at_most=True), values=ours, ratios=_over(ours, bare)
    )
    yield Figure("trial balance of 30 days", "s", "GROUP BY", values=month, ratios=_over(month, bare))


def verification() -> Iterator[Figure]:
    """The ledger's own checks of `manage.py ledger_verify`, over all of it; none may find anything."""
    postings = _number("SELECT count(*) FROM ledger_posting")
    began = time.monotonic()
    if wrong := list(islice(differences(), 10)):
        raise SystemExit(f"bench: the ledger does not verify: {wrong}")
    taken = time.monotonic() - began
    yield Figure("ledger_verify", "postings/s", goal=Goal(100_000), goal_on_ratio=False, values=[postings / taken],
                 note=f"{postings:,} postings in {taken:.0f} s, no difference")  # fmt: skip


def bytes_on_disk() -> Iterator[Figure]:
    entries = _number("SELECT count(*) FROM ledger_journalentry")
    for name, tables in (
        ("entries", ["ledger_journalentry"]),
        ("keys", ["ledger_entrykey"]),
        ("postings (three)", ["ledger_posting"]),
        ("all of the ledger", ["ledger_journalentry", "ledger_entrykey", "ledger_posting", "ledger_accountbalance"]),
    ):
        whole = _number("SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) AS t", [tables])
        heap = _number("SELECT sum(pg_relation_size(t::regclass)) FROM unnest(%s::text[]) AS t", [tables])
        yield Figure(f"bytes an entry: {name}", "bytes", values=[whole / entries],
                     note=f"rows {heap / entries:.0f}, indexes {(whole - heap) / entries:.0f}")  # fmt: skip


def seal_seconds() -> tuple[float, int]:
    """What sealing an entry takes, over some days, and how many entries these had."""
    began = time.monotonic()
    done = operations.seal_days(at=timezone.now(), limit=_SEALED_DAYS)
    count = sum(seal.entry_count for seal in done)
    return (time.monotonic() - began) / count, count


def seal_cost(seconds: float, count: int, rates: Mapping[str, float | None]) -> Iterator[Figure]:
    """Against what writing an entry took, at these rates."""
    for name, rate in rates.items():
        if rate:
            yield Figure("sealing an entry", "µs", f"writing it, {name}", Goal(0.05, at_most=True),
                         values=[seconds * 1e6], ratios=[seconds * rate], note=f"{count:,} entries")  # fmt: skip


def _milliseconds(account: AccountKey, when: Any) -> float:
    moments = when()
    queries.balance(account, **moments)
    return statistics.median(_seconds(lambda: queries.balance(account, **moments)) for _ in range(_TIMES)) * 1000


def _middle() -> datetime:
    return timezone.now() - timedelta(days=100)


def _known() -> dict[str, datetime]:
    return {"known_at": _middle()}


def _as_of() -> dict[str, datetime]:
    return {"as_of": _middle()}


def _probes(when: Any) -> str:
    """Which pages the look at the larger account touches, as EXPLAIN says."""
    seen: list[str] = []

    def explained(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        with connections["default"].connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS off, FORMAT json) {sql}", params)
            plan = cursor.fetchone()[0][0]["Plan"]
        seen.append(
            f"{plan['Shared Hit Blocks'] + plan['Shared Read Blocks']} pages, {_loops(plan)} look(s) into postings"
        )
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(explained):
        queries.balance(MANY, **when())
    return seen[-1]


def _loops(plan: dict[str, Any]) -> int:
    own = plan["Actual Loops"] if plan.get("Relation Name") == "ledger_posting" else 0
    return own + sum(_loops(inner) for inner in plan.get("Plans", []))


def _postings_of(account: AccountKey) -> int:
    name = [account.entity, account.code, account.currency, account.holder]
    return _number(
        "SELECT sum(version) FROM ledger_accountbalance WHERE account_id = ledger_account_id(%s, %s, %s, %s)", name
    )


def _over(values: list[float], base: list[float]) -> list[float]:
    return [value / under for value, under in zip(values, base, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _execute(statement: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()


def _number(statement: str, values: Any = ()) -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])
