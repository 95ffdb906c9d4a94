"""Random histories of the ledger against a model in plain Python: after every step balances, refusals and times agree.

One history is one pair of legal entities with two months of business: entries, holds, reversals, limits, months that
close, replays, and server processes that die before they commit. `COKO_MODEL_EXAMPLES=2000` tries more of them, of
another seed each time (`--hypothesis-seed` gives one of them again).
"""

import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.ledger import operations, queries
from billing.ledger.draft import AccountKey, EntryDraft, Line, WhenClosed
from billing.ledger.facts import EntryFact, HoldFact
from billing.ledger.refusals import LedgerRefusal
from tests.billing.ledger.oracle import Limits, Oracle, Promise, Written, side
from tests.factories.ledger import AT

_EXAMPLES = int(os.environ.get("COKO_MODEL_EXAMPLES", "0"))
MODEL = settings(
    max_examples=_EXAMPLES or 50,
    stateful_step_count=30,
    derandomize=not _EXAMPLES,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
_histories = count(1)

# (code, currency, holder): limited ones first; two of a debtor's, two kept in stripes, two in another currency.
ACCOUNTS = [
    ("4011", "XOF", "pye_1"),
    ("4011", "XOF", "pye_2"),
    ("4081", "XOF", "pye_1"),
    ("4091", "XOF", "pye_1"),
    ("552", "XOF", "wave:SN"),
    ("7065", "XOF", ""),
    ("4011", "EUR", "pye_1"),
    ("521", "EUR", ""),
    ("521", "XOF", ""),
]
AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (date(2026, number, 1) for number in (8, 9, 10, 11))
# What was done to months before a history begins.
SHUT = [
    [],
    [(SEPTEMBER, "closing")],
    [(SEPTEMBER, "closing"), (OCTOBER, "closing")],
    [(SEPTEMBER, "closing"), (SEPTEMBER, "closed")],
    [(SEPTEMBER, "closing"), (SEPTEMBER, "closed"), (OCTOBER, "closing")],
    [(SEPTEMBER, "closing"), (SEPTEMBER, "closed"), (OCTOBER, "closing"), (OCTOBER, "closed")],
]
PEOPLE = ["awa", "binta"]

amounts = st.integers(1, 12).map(lambda n: n * 50) | st.integers(1, 1500)
# How long before it is written down something happened; below zero, the clock of who says so is ahead.
lags = st.one_of(
    st.just(timedelta(0)),
    st.integers(0, 90).map(lambda days: timedelta(days=days)),
    st.sampled_from([-900, -240, 1, 60, 3600]).map(lambda seconds: timedelta(seconds=seconds)),
)
waits = st.sampled_from(
    [timedelta(0), timedelta(seconds=30), timedelta(hours=7), timedelta(days=6), timedelta(days=20)]
)
sometimes = st.sampled_from([False, False, False, True])
places = st.integers(0, len(ACCOUNTS) - 1)
move = st.tuples(places, places, amounts)
moves = st.lists(move, min_size=1, max_size=1) | st.lists(move, min_size=1, max_size=3)


class Ledger(RuleBasedStateMachine):
    """Each rule does one thing to both ledgers and compares what they answer; the invariants compare what is there."""

    @initialize(shut=st.sampled_from(SHUT), owed=st.sampled_from([0, 1000, 3000]))
    def begin(self, shut: list[tuple[date, str]], owed: int) -> None:
        number = next(_histories)
        self.entities = [f"model-{number}a", f"model-{number}b"]
        self.oracle = Oracle(stripe=backend())
        self.now = AT
        self.made = count(1)
        self.refs: dict[str, str] = {}  # entry key → id
        self.hold_refs: dict[str, str] = {}
        self.dice = random.Random(7)
        for month, event in shut:
            self.move_month(self.entities[0], month, event, by="awa", reason="")
        if owed:
            lines = [Line(self.account(place, 0), amount) for place, amount in ((0, -owed), (1, -owed), (4, 2 * owed))]
            first = EntryDraft(f"{self.entities[0]}:0", "OD", AT, "Début", "inv_essai", lines)
            self.both(lambda: [operations.post(draft=first, at=AT)], lambda: self.oracle.post_many([first], AT))

    # What may be written

    def account(self, place: int, entity: int) -> AccountKey:
        code, currency, holder = ACCOUNTS[place]
        return AccountKey(self.entities[entity], code, currency, holder)

    def draft(self, data: st.DataObject, *, lag: bool = True) -> EntryDraft:
        entity = 1 if data.draw(sometimes, label="other entity") else 0
        lines = self.to_the_limit(data, entity) if data.draw(st.booleans(), label="to the limit") else []
        for left, right, amount in [] if lines else data.draw(moves, label="moves"):
            debit = self.account(left, entity)
            others = [
                one
                for one in (self.account(place, entity) for place in range(len(ACCOUNTS)))
                if one.currency == debit.currency
            ]
            lines += [Line(debit, amount), Line(others[right % len(others)], -amount)]
        return EntryDraft(
            key=f"{self.entities[0]}:{next(self.made)}",
            journal="OD",
            happened_at=self.now - (data.draw(lags, label="lag") if lag else timedelta(0)),
            description="Essai",
            source_ref="inv_essai",
            lines=lines,
            when_closed=data.draw(st.sampled_from(WhenClosed), label="when closed"),
            closing=data.draw(sometimes, label="closing"),
        )

    def to_the_limit(self, data: st.DataObject, entity: int) -> list[Line]:
        """A move that takes an account exactly to its floor or ceiling, or one unit beyond."""
        account, wallet = (
            self.account(data.draw(st.sampled_from([0, 0, 1, 3]), label="whose"), entity),
            self.account(4, entity),
        )
        limits, (leaving, coming) = self.oracle.limit(account), self.oracle.held(account)
        there, sign = side(account) * self.oracle.balance(account), side(account)
        if limits.ceiling is not None and data.draw(st.booleans(), label="ceiling"):
            room = limits.ceiling - there - coming
        else:
            room, sign = there - leaving - (limits.floor or 0) + limits.credit, -sign
        amount = room + data.draw(st.sampled_from([-30, 0, 0, 1]), label="beyond")
        return [Line(account, sign * amount), Line(wallet, -sign * amount)] if amount > 0 else []

    def batch(self, data: st.DataObject) -> list[EntryDraft]:
        """New drafts; now and then one that was written before, as it was or with other content, or one twice."""
        drafts = [self.draft(data) for _ in range(data.draw(st.integers(1, 4), label="size"))]
        if self.oracle.entries and data.draw(sometimes, label="with a replay"):
            drafts.insert(data.draw(st.integers(0, len(drafts))), self.again(data))
        if data.draw(sometimes, label="with a double"):
            drafts.append(replace(drafts[0], description=data.draw(st.sampled_from(["Essai", "Autre"]))))
        return drafts

    def again(self, data: st.DataObject) -> EntryDraft:
        written = self.oracle.entries[data.draw(st.sampled_from(sorted(self.oracle.entries)), label="which")]
        change = data.draw(st.sampled_from([{}, {}, {"description": "Autre"}, {"journal": "BQ"}]), label="change")
        return replace(written.draft, **change)

    def key(self, data: st.DataObject) -> str:
        """A key of its own; now and then one that stands for something."""
        if self.oracle.entries and data.draw(sometimes, label="taken key"):
            return data.draw(st.sampled_from(sorted(self.oracle.entries)))
        return f"{self.entities[0]}:{next(self.made)}"

    def part(self, data: st.DataObject, lines: Sequence[Line], sign: int) -> Sequence[Line] | None:
        """None: the whole; or less of each pair of lines, and now and then a little more than there is."""
        if data.draw(st.booleans(), label="whole"):
            return None
        found = []
        for one, other in zip(lines[::2], lines[1::2], strict=False):
            whole = abs(one.amount_minor)
            amount = data.draw(st.sampled_from([0, whole // 2, whole, whole, whole + 1]), label="part")
            if amount and (one.amount_minor > 0) == (other.amount_minor < 0):
                move = sign * (amount if one.amount_minor > 0 else -amount)
                found += [Line(one.account, move), Line(other.account, -move)]
        return found or None

    # What may happen

    @rule(wait=waits)
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait

    @rule(data=st.data())
    def post(self, data: st.DataObject) -> None:
        at, draft = self.clock(data), self.draft(data)
        self.both(lambda: [operations.post(draft=draft, at=at)], lambda: self.oracle.post_many([draft], at))

    @rule(data=st.data())
    def post_many(self, data: st.DataObject) -> None:
        at, drafts = self.clock(data), self.batch(data)
        self.both(lambda: operations.post_many(drafts=drafts, at=at), lambda: self.oracle.post_many(drafts, at))

    @rule(data=st.data())
    def post_each(self, data: st.DataObject) -> None:
        at, drafts = self.clock(data), self.batch(data)
        theirs = operations.post_each(drafts=drafts, at=at)
        ours = self.oracle.post_each(drafts, at)
        for draft, one, other in zip(drafts, theirs, ours, strict=True):
            if isinstance(other, LedgerRefusal):
                assert isinstance(one, operations.Refused), (one, other)
                assert (one.draft, told(one.reason)) == (draft, told(other))
            else:
                self.same(one, other)

    @precondition(lambda self: self.oracle.entries)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        at, draft = self.clock(data), self.again(data)
        self.both(lambda: [operations.post(draft=draft, at=at)], lambda: self.oracle.post_many([draft], at))

    @precondition(lambda self: self.oracle.entries)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        at, of = self.clock(data), data.draw(st.sampled_from(sorted(self.oracle.entries)), label="of")
        lines = self.part(data, self.oracle.entries[of].draft.lines, sign=-1)
        key = self.oracle.entries[of].reversed_by if data.draw(sometimes, label="again") else None
        asked = {"key": key or self.key(data), "reason": "Essai", "at": at, "lines": lines}
        self.both(
            lambda: [operations.reverse(entry_ref=self.refs[of], **asked)], lambda: [self.oracle.reverse(of, **asked)]
        )

    @rule(data=st.data(), minutes=st.sampled_from([None, None, 1, 600, 600, 30_000, 30_000, 0]))
    def hold(self, data: st.DataObject, minutes: int | None) -> None:
        at = self.clock(data)
        drafts = [self.draft(data, lag=False) for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3]), label="size"))]
        expires_at = None if minutes is None else at + timedelta(minutes=minutes)
        if self.oracle.holds and data.draw(sometimes, label="again"):
            there = self.oracle.holds[data.draw(st.sampled_from(sorted(self.oracle.holds)))]
            drafts = [replace(there.draft, description=data.draw(st.sampled_from(["Essai", "Autre"])))]
            expires_at = there.expires_at
        self.both(
            lambda: operations.hold_many(drafts=drafts, expires_at=expires_at, at=at),
            lambda: self.oracle.hold_many(drafts, expires_at=expires_at, at=at),
        )

    @precondition(lambda self: any(hold.outcome is None for hold in self.oracle.holds.values()))
    @rule(data=st.data(), beyond=st.sampled_from([0, 1, 1]))
    def draw_on_what_is_promised(self, data: st.DataObject, beyond: int) -> None:
        """Up to what open holds leave of an account with a floor, or one unit more, the usual way."""
        lines = [line for hold in self.oracle.holds.values() if hold.outcome is None for line in hold.draft.lines]
        accounts = sorted({line.account for line in lines if self.oracle.limit(line.account).floor is not None})
        if not accounts:
            return
        account = data.draw(st.sampled_from(accounts), label="account")
        can = queries.available(account)
        amount = (can.available_minor or 0) + beyond
        if amount <= 0:
            return
        sign, at = side(account), self.now
        other = replace(account, code="521", holder="")
        out = [Line(account, -sign * amount), Line(other, sign * amount)]
        draft = EntryDraft(self.key(data), "BQ", at, "Essai", "pay_essai", out)
        self.both(lambda: [operations.post(draft=draft, at=at)], lambda: self.oracle.post_many([draft], at))

    @precondition(lambda self: self.oracle.holds)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        self.both(*self.settling(data))

    def settling(self, data: st.DataObject) -> tuple[Callable[[], Any], Callable[[], Any]]:
        at, hold = self.clock(data), self.a_hold(data)
        there = self.oracle.holds[hold]
        lines = self.part(data, there.draft.lines, sign=1)
        key = there.entry_key if data.draw(sometimes, label="again") else None
        happened_at = at - data.draw(lags, label="lag")
        asked = {"key": key or self.key(data), "at": at, "happened_at": happened_at, "lines": lines}
        return (
            lambda: [operations.post_hold(hold_ref=self.hold_refs[hold], **asked)],
            lambda: [self.oracle.settle(hold, **asked)],
        )

    @precondition(lambda self: self.oracle.holds)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        at, hold = self.clock(data), self.a_hold(data)

        def ours() -> list[Promise]:
            self.oracle.void(hold)
            return [self.oracle.holds[hold]]

        self.both(lambda: [operations.void_hold(hold_ref=self.hold_refs[hold], reason="Essai", at=at)], ours)

    @rule()
    def expire(self) -> None:
        assert operations.expire_holds(at=self.now) == self.oracle.expire(self.now)

    @rule(
        place=st.integers(0, 5),
        floor=st.sampled_from([None, -300, 0, 0, 500]),
        ceiling=st.sampled_from([None, None, 1000]),
        credit=st.sampled_from([0, 0, 700]),
    )
    def set_limits(self, place: int, floor: int | None, ceiling: int | None, credit: int) -> None:
        account = self.account(place, 0)
        limits = {"floor_minor": floor, "ceiling_minor": ceiling, "credit_minor": credit}
        try:
            operations.set_limits(account=account, by="awa", reason="essai", at=self.now, **limits)
        except operations.NoLimits:
            assert account.code in ("552", "7065")
        else:
            assert account.code not in ("552", "7065")
            self.oracle.limits[account] = Limits(floor, ceiling, credit)

    @rule(
        entity=st.sampled_from([0, 0, 0, 1]),
        month=st.sampled_from([OCTOBER, SEPTEMBER, OCTOBER, OCTOBER, SEPTEMBER, NOVEMBER, AUGUST]),
        event=st.sampled_from(["closed", "closing", "closed", "withdrawn", "asked", "reopened"]),
        by=st.sampled_from(PEOPLE),
        reason=st.sampled_from(["facture oubliée", "facture oubliée", " "]),
    )
    def move_a_month(self, entity: int, month: date, event: str, by: str, reason: str) -> None:
        self.move_month(self.entities[entity], month, event, by=by, reason=reason)

    def move_month(self, name: str, month: date, event: str, *, by: str, reason: str) -> None:
        asked: dict[str, Any] = {"entity": name, "month": month, "by": by, "at": self.now}
        real = {
            "closing": lambda: operations.start_closing(**asked),
            "closed": lambda: operations.close_period(**asked),
            "withdrawn": lambda: operations.withdraw_closing(reason=reason, **asked),
            "asked": lambda: operations.ask_reopening(reason=reason, **asked),
            "reopened": lambda: operations.reopen_period(**asked),
        }
        months = self.oracle.month_of(name)
        theirs, ours = (
            attempt(real[event]), attempt(lambda: months.move(month, event, by=by, reason=reason, at=self.now)),
        )  # fmt: skip
        assert told(theirs) == told(ours)

    @rule(data=st.data(), terminated=st.booleans(), what=st.sampled_from(["post", "hold", "settle"]))
    def crash(self, data: st.DataObject, terminated: bool, what: str) -> None:
        """The transaction is rolled back, or its server process ends, after the work and before COMMIT; then again."""
        at = self.clock(data)
        if what == "settle" and self.oracle.holds:
            real, ours = self.settling(data)
        elif what == "hold":
            held = [self.draft(data, lag=False)]
            real = lambda: operations.hold_many(drafts=held, expires_at=None, at=at)  # noqa: E731
            ours = lambda: self.oracle.hold_many(held, expires_at=None, at=at)  # noqa: E731
        else:
            drafts = self.batch(data)
            real = lambda: operations.post_many(drafts=drafts, at=at)  # noqa: E731
            ours = lambda: self.oracle.post_many(drafts, at)  # noqa: E731
        with suppress(DatabaseError, InterfaceError), transaction.atomic():
            attempt(real)
            if terminated:
                end(backend())
            else:
                transaction.set_rollback(True)
        if terminated:
            connection.close()
        self.oracle.stripe = backend()
        self.both(real, ours)

    # What must be true

    @invariant()
    def balances_agree(self) -> None:
        if not hasattr(self, "oracle"):
            return
        accounts = [self.account(place, entity) for place in range(len(ACCOUNTS)) for entity in (0, 1)]
        found = dict(pair for entity in self.entities for pair in queries.balances_now(entity=entity))
        assert {one: found.pop(one, 0) for one in accounts} == {one: self.oracle.balance(one) for one in accounts}
        assert found == {}

    @invariant()
    def what_is_available_agrees(self) -> None:
        if not hasattr(self, "oracle"):
            return
        for account in [self.account(place, 0) for place in (0, 1, 2, 3)]:
            can, limits, held = queries.available(account), self.oracle.limit(account), self.oracle.held(account)
            assert (can.leaving_minor, can.coming_minor) == held
            assert can.balance_minor == side(account) * self.oracle.balance(account)
            assert (can.floor_minor, can.ceiling_minor, can.credit_minor) == (
                limits.floor,
                limits.ceiling,
                limits.credit,
            )
        keys = {hold.key for hold in queries.open_holds(self.account(0, 0))}
        assert keys == {
            key for key, hold in self.oracle.holds.items()
            if hold.outcome is None and self.account(0, 0) in {line.account for line in hold.draft.lines}
        }  # fmt: skip

    @invariant()
    def the_past_agrees(self) -> None:
        """At moments at which something changed, or between them, on both axes of time."""
        if not getattr(self, "oracle", None) or not self.oracle.entries:
            return
        written = list(self.oracle.entries.values())
        moments = [time for one in written + written[-2:] * 9 for time in (one.happened_at, one.recorded_at)]
        as_of, known_at = (
            self.dice.choice(moments),
            self.dice.choice(moments) - timedelta(seconds=self.dice.randint(0, 1)),
        )
        axes = [{"as_of": as_of}, {"known_at": known_at}, {"as_of": as_of, "known_at": known_at}]
        for place in self.dice.sample(range(len(ACCOUNTS)), 4):
            account, moment = self.account(place, 0), self.dice.choice(axes)
            assert queries.balance(account, **moment) == self.oracle.balance(account, **moment), (account, moment)
        told = queries.balances(entity=self.entities[0], until=as_of + as_of.resolution, known_at=known_at)
        for line in told:
            assert line.closing_minor == self.oracle.balance(line.account, as_of=as_of, known_at=known_at)

    def teardown(self) -> None:
        if not hasattr(self, "oracle"):
            return
        for key, hold in self.oracle.holds.items():
            if hold.outcome is None:  # the next history's sweep must not meet it
                operations.void_hold(hold_ref=self.hold_refs[key], reason="Fin", at=self.now)
        assert list(queries.differences()) == []

    # Both ledgers

    def clock(self, data: st.DataObject) -> datetime:
        """Now; or the clock of a server that is behind."""
        return self.now - data.draw(st.sampled_from([timedelta(0)] * 4 + [timedelta(minutes=9)]), label="behind")

    def a_hold(self, data: st.DataObject) -> str:
        standing = [key for key, hold in self.oracle.holds.items() if hold.outcome is None]
        of = standing if standing and not data.draw(sometimes, label="an ended one") else self.oracle.holds
        return data.draw(st.sampled_from(sorted(of)), label="hold")

    def both(self, real: Callable[[], Any], model: Callable[[], Any]) -> None:
        theirs, ours = attempt(real), attempt(model)
        assert told(theirs) == told(ours), (theirs, ours)
        if not isinstance(ours, LedgerRefusal):
            for one, other in zip(theirs, ours, strict=True):
                self.same(one, other)

    def same(self, one: EntryFact | HoldFact, other: Written | Promise) -> None:
        if isinstance(other, Promise):
            assert isinstance(one, HoldFact)
            self.hold_refs[one.key] = one.id
            assert (one.key, one.expires_at, one.outcome) == (other.draft.key, other.expires_at, other.outcome)
            assert one.entry_ref == self.refs.get(other.entry_key or "")
            return
        assert isinstance(one, EntryFact)
        assert self.refs.setdefault(one.key, one.id) == one.id  # a key is one entry for ever
        assert one == queries.entry(one.id)
        assert (one.key, one.happened_at, one.recorded_at) == (other.draft.key, other.happened_at, other.recorded_at)
        assert one.late_from == (None if other.happened_at == other.draft.happened_at else other.draft.happened_at)
        links = (other.reverses, other.reversed_by, other.settles)
        refs = (self.refs.get(links[0] or ""), self.refs.get(links[1] or ""), self.hold_refs.get(links[2] or ""))
        assert (one.reverses, one.reversed_by, one.settles) == refs


def attempt(what: Callable[[], Any]) -> Any:
    """What it answers, or the refusal it raises."""
    try:
        return what()
    except LedgerRefusal as refusal:
        return refusal


def told(answer: Any) -> Any:
    """A refusal as its kind and its amounts; anything else only as that it is none."""
    if not isinstance(answer, LedgerRefusal):
        return answer if isinstance(answer, str) else "written"
    amounts = [getattr(answer, one.name) for one in fields(answer)] if is_dataclass(answer) else []
    return type(answer).__name__, *amounts


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(pid: int) -> None:
    """End a server process of ours, and wait until it is gone."""
    given = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "user", "host", "port", "password")
    }
    with psycopg.connect(autocommit=True, **given) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.django_db(transaction=True)
def test_the_ledger_agrees_with_the_model_whatever_happens():
    run_state_machine_as_test(Ledger, settings=MODEL)
