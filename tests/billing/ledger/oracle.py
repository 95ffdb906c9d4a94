"""The ledger once more, in plain Python and without a database: what `test_model.py` compares the real one with.

Written from what operations promise, not from the SQL: dictionaries, sums over all lines ever written, one thing after
the other. It raises the refusals that the real one raises, with the same amounts.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from billing.ledger import chart, refusals
from billing.ledger.draft import AccountKey, EntryDraft, Line, WhenClosed, line_order
from tests.billing.ledger.oracle_months import Months

CLOCKS_DIFFER = timedelta(minutes=5)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it must be found in the books."""

    draft: EntryDraft
    happened_at: datetime  # from when it counts
    recorded_at: datetime
    reverses: str | None = None  # keys
    reversed_by: str | None = None
    settles: str | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    draft: EntryDraft
    expires_at: datetime | None
    outcome: str | None = None
    entry_key: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    floor: int | None
    ceiling: int | None = None
    credit: int = 0


@dataclass
class Oracle:
    stripe: int  # which row of an account in record mode the session writes to
    entries: dict[str, Written] = field(default_factory=dict)
    holds: dict[str, Promise] = field(default_factory=dict)
    limits: dict[AccountKey, Limits] = field(default_factory=dict)
    seen: dict[tuple[AccountKey, int], datetime] = field(default_factory=dict)
    too_late: datetime = _NEVER  # whatever happens after is refused, by the clock of the call
    months: dict[str, Months] = field(default_factory=dict)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        before = {name: copy(getattr(self, name)) for name in ("entries", "holds", "limits", "seen")}
        try:
            yield
        except refusals.LedgerRefusal:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    # What there is

    def lines(self) -> Iterator[tuple[Written, Line]]:
        for written in self.entries.values():
            for line in written.draft.lines:
                yield written, line

    def balance(self, account: AccountKey, *, as_of: datetime | None = None, known_at: datetime | None = None) -> int:
        return sum(
            line.amount_minor
            for written, line in self.lines()
            if line.account == account
            and (as_of is None or written.happened_at <= as_of)
            and (known_at is None or written.recorded_at <= known_at)
        )

    def limit(self, account: AccountKey) -> Limits:
        return self.limits.get(account, Limits(chart.account(account.code).floor_minor))

    def held(self, account: AccountKey) -> tuple[int, int]:
        """What open holds take from the account and bring to it, on its own side."""
        amounts = [
            side(account) * line.amount_minor
            for hold in self.holds.values()
            if hold.outcome is None
            for line in hold.draft.lines
            if line.account == account and chart.account(account.code).stripes == 1
        ]
        return -sum(amount for amount in amounts if amount < 0), sum(amount for amount in amounts if amount > 0)

    def month_of(self, entity: str) -> Months:
        return self.months.setdefault(entity, Months())

    # Posting

    def post_many(self, drafts: Sequence[EntryDraft], at: datetime) -> list[Written]:
        with self.all_or_nothing():
            answers = dict(pair for _, group in by_entity(drafts) for pair in self._write(group, at).items())
            return [answers[place] for place in range(len(drafts))]

    def post_each(self, drafts: Sequence[EntryDraft], at: datetime) -> list[Written | refusals.LedgerRefusal]:
        answers: dict[int, Written | refusals.LedgerRefusal] = {}
        for _, group in by_entity(drafts):
            recorded_at = self._recorded_at([draft for _, draft in group], at, keep_going=True)
            refused: dict[str, refusals.LedgerRefusal] = {}
            for place, draft in group:
                try:
                    if draft.key in refused:
                        raise refused[draft.key]  # a key that was refused stays so for the rest of the batch
                    answers[place] = self._one(draft, recorded_at)
                except refusals.KeyReused as reason:
                    answers[place] = reason
                except refusals.LedgerRefusal as reason:
                    answers[place] = refused[draft.key] = reason
        return [answers[place] for place in range(len(drafts))]

    def reverse(self, of: str, *, key: str, reason: str, at: datetime, lines: Sequence[Line] | None) -> Written:
        there = self.entries[of]
        mirror = [Line(line.account, -line.amount_minor) for line in there.draft.lines]
        if there.reversed_by is not None:
            if there.reversed_by != key:
                raise refusals.AlreadyReversed
            return same(self.entries[key], mirror if lines is None else lines, reason)
        draft = replace(
            there.draft, key=key, happened_at=at, description=reason, when_closed=WhenClosed.COUNT_LATER,
            closing=False, lines=mirror if lines is None else lines,
        )  # fmt: skip
        with self.all_or_nothing():
            recorded_at = self._recorded_at([draft], at)
            if key in self.entries:
                raise refusals.KeyReused
            within(draft.lines, mirror)
            written = replace(self._one(draft, recorded_at), reverses=of)
            self.entries |= {key: written, of: replace(there, reversed_by=key)}
            return written

    def settle(
        self, hold_key: str, *, key: str, at: datetime, happened_at: datetime, lines: Sequence[Line] | None
    ) -> Written:
        there = self.holds[hold_key]
        promised = there.draft.lines
        if there.outcome is not None:
            if there.entry_key != key:
                raise refusals.HoldEnded
            return same(self.entries[key], promised if lines is None else lines, there.draft.description)
        draft = replace(
            there.draft, key=key, happened_at=happened_at, when_closed=WhenClosed.REFUSE, closing=False,
            lines=promised if lines is None else lines,
        )  # fmt: skip
        with self.all_or_nothing():
            recorded_at = self._recorded_at([draft], at, also=promised)
            if key in self.entries:
                raise refusals.KeyReused
            within(draft.lines, promised)
            if there.expires_at is not None and there.expires_at <= recorded_at:
                raise refusals.HoldExpired
            outcome = "posted" if size(draft.lines) == size(promised) else "partly"
            self.holds[hold_key] = replace(there, outcome=outcome, entry_key=key)
            written = replace(self._one(draft, recorded_at), settles=hold_key)
            self.entries[key] = written
            return written

    def _write(self, group: Sequence[tuple[int, EntryDraft]], at: datetime) -> dict[int, Written]:
        recorded_at = self._recorded_at([draft for _, draft in group], at)
        answers, reused = {}, None
        for place, draft in group:
            try:
                answers[place] = self._one(draft, recorded_at)
            except refusals.KeyReused as error:
                reused = reused or error  # told last, when nothing else stood in the way
        if reused:
            raise reused
        return answers

    def _one(self, draft: EntryDraft, recorded_at: datetime) -> Written:
        if (there := self.entries.get(draft.key)) is not None:
            if content(there.draft) != content(draft):
                raise refusals.KeyReused
            return there
        happened_at = self._counts_from(draft, recorded_at)
        for account in dict.fromkeys(line.account for line in sorted(draft.lines, key=line_order)):
            self._limits_allow(account, sum(line.amount_minor for line in draft.lines if line.account == account))
        written = self.entries[draft.key] = Written(draft, happened_at, recorded_at)
        for line in draft.lines:
            self.seen[self._row(line.account)] = recorded_at
        return written

    def _counts_from(self, draft: EntryDraft, recorded_at: datetime) -> datetime:
        months = self.month_of(draft.entity)
        if not months.take(draft.happened_at, closing=draft.closing):
            if draft.when_closed is WhenClosed.COUNT_LATER:
                return recorded_at
            raise refusals.PeriodClosed(draft.entity, draft.happened_at, months.closing_until)
        if draft.happened_at > self.too_late:
            raise refusals.FromTheFuture(draft.happened_at, recorded_at)
        return draft.happened_at

    def _limits_allow(self, account: AccountKey, net: int) -> None:
        """An account beyond its limit may still come back: only a move towards the limit is looked at."""
        limits, (leaving, coming) = self.limit(account), self.held(account)
        before, move = side(account) * self.balance(account), side(account) * net
        floor = None if limits.floor is None else limits.floor - limits.credit
        if floor is not None and move < 0 and before + move - leaving < floor:
            raise refusals.LimitExceeded(account, "floor", -move, before, leaving, floor)
        if limits.ceiling is not None and move > 0 and before + move + coming > limits.ceiling:
            raise refusals.LimitExceeded(account, "ceiling", move, before, coming, limits.ceiling)

    def _recorded_at(
        self, drafts: Sequence[EntryDraft], at: datetime, *, also: Sequence[Line] = (), keep_going: bool = False
    ) -> datetime:
        """When a batch is written down: now, but never before what its accounts have seen or what it says happened."""
        rows = {self._row(line.account) for lines in [also, *(draft.lines for draft in drafts)] for line in lines}
        happened = [draft.happened_at for draft in drafts]
        self.too_late = at + CLOCKS_DIFFER
        if not keep_going and max(happened) > self.too_late:
            raise refusals.FromTheFuture(max(happened), at)
        moments = [one for one in happened if one <= self.too_late]
        recorded_at = max([at, *moments, *(self.seen[row] for row in rows if row in self.seen)])
        open_from = self.month_of(drafts[0].entity).closing_until
        if min(happened) < open_from and any(draft.when_closed is WhenClosed.COUNT_LATER for draft in drafts):
            recorded_at = max(recorded_at, open_from)
        return recorded_at

    def _row(self, account: AccountKey) -> tuple[AccountKey, int]:
        return account, self.stripe % chart.account(account.code).stripes

    # Holding

    def hold_many(self, drafts: Sequence[EntryDraft], *, expires_at: datetime | None, at: datetime) -> list[Promise]:
        if expires_at is not None and expires_at <= at:
            raise refusals.HoldExpired
        with self.all_or_nothing():
            for _, group in by_entity(drafts):
                new = []
                for _, draft in group:
                    if draft.key not in self.holds:
                        self.holds[draft.key] = Promise(draft, expires_at, outcome="not yet")
                        new.append(draft.key)
                for key in new:
                    self._promise(key)
                for _, draft in group:
                    there = self.holds[draft.key]
                    if (promise(there.draft), there.expires_at) != (promise(draft), expires_at):
                        raise refusals.KeyReused
            return [self.holds[draft.key] for draft in drafts]

    def _promise(self, key: str) -> None:
        """Line by line, each with those before it; what is told is how it was before the line."""
        whole = self.holds[key]
        for count, line in enumerate(sorted(whole.draft.lines, key=line_order), start=1):
            account, move = line.account, side(line.account) * line.amount_minor
            (leaving, coming), limits = self.held(account), self.limit(account)
            balance = side(account) * self.balance(account)
            floor = None if limits.floor is None else limits.floor - limits.credit
            if chart.account(account.code).stripes == 1:
                if floor is not None and move < 0 and balance - leaving + move < floor:
                    raise refusals.LimitExceeded(account, "floor", -move, balance, leaving, floor)
                if limits.ceiling is not None and move > 0 and balance + coming + move > limits.ceiling:
                    raise refusals.LimitExceeded(account, "ceiling", move, balance, coming, limits.ceiling)
            so_far = sorted(whole.draft.lines, key=line_order)[:count]
            self.holds[key] = replace(whole, outcome=None, draft=PartOfDraft(so_far))
        self.holds[key] = replace(whole, outcome=None)

    def void(self, key: str) -> None:
        there = self.holds[key]
        if there.outcome not in (None, "voided"):
            raise refusals.HoldEnded
        self.holds[key] = replace(there, outcome="voided")

    def expire(self, at: datetime) -> int:
        over = [
            key for key, hold in self.holds.items()
            if hold.outcome is None and hold.expires_at is not None and hold.expires_at <= at
        ]  # fmt: skip
        self.holds |= {key: replace(self.holds[key], outcome="expired") for key in over}
        return len(over)


@dataclass(frozen=True, slots=True)
class PartOfDraft:
    """The lines of a hold that have been promised so far."""

    lines: Sequence[Line]


def by_entity(drafts: Sequence[EntryDraft]) -> list[tuple[str, list[tuple[int, EntryDraft]]]]:
    numbered = list(enumerate(drafts))
    return [
        (entity, [(place, draft) for place, draft in numbered if draft.entity == entity])
        for entity in sorted({draft.entity for draft in drafts})
    ]


def side(account: AccountKey) -> int:
    return 1 if chart.account(account.code).side is chart.Side.DEBIT else -1


def size(lines: Sequence[Line]) -> int:
    return sum(abs(line.amount_minor) for line in lines)


def content(draft: EntryDraft) -> tuple[object, ...]:
    return (*promise(draft), draft.happened_at)


def promise(draft: EntryDraft) -> tuple[object, ...]:
    lines = sorted(draft.lines, key=line_order)
    return draft.key, draft.entity, draft.journal, draft.description, draft.source_ref, lines


def number(account: AccountKey) -> int:
    """64 bits of the SHA-256 of the name, signed."""
    name = "\x1f".join((account.entity, account.code, account.currency, account.holder))
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def within(given: Sequence[Line], whole: Sequence[Line]) -> None:
    """What is taken back or settled is a part of the whole, account by account.

    :raises MoreThanThere: about the first account for which it is not, by the accounts' numbers.
    """
    for account in sorted({line.account for line in given}, key=number):
        amount, there = (
            sum(line.amount_minor for line in lines if line.account == account) for lines in (given, whole)
        )
        is_part = 0 < amount <= there or there <= amount < 0 or amount == there == 0
        if not is_part or account not in {line.account for line in whole}:
            raise refusals.MoreThanThere(account, amount, there)


def same(entry: Written, lines: Sequence[Line], description: str) -> Written:
    """The entry of a key that is used again, for the same."""
    there = sorted((line.account, line.amount_minor) for line in entry.draft.lines)
    if there != sorted((line.account, line.amount_minor) for line in lines) or entry.draft.description != description:
        raise refusals.KeyReused
    return entry
