"""Real threads, real connections, one PostgreSQL: nothing is lost, nothing is done twice, nobody sees a deadlock."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from billing.ledger import operations, queries
from billing.ledger.draft import AccountKey, EntryDraft, Line, credit, debit
from billing.ledger.models import JournalEntry, Posting
from billing.ledger.queue import PostingQueue
from billing.ledger.refusals import LedgerRefusal
from tests.factories.ledger import AT, account, draft, posted, sale

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 16
# How long clients post at random; COKO_RACE_SECONDS=30 is the promise, a few seconds are what every run has time for.
RACE_SECONDS = float(os.environ.get("COKO_RACE_SECONDS", "6"))
Result = TypeVar("Result")


def at_once(work: Callable[[int], Result]) -> list[Result | Exception]:
    """Runs `work(0…15)` in threads that start together; an exception is a result."""
    barrier = threading.Barrier(THREADS)

    def one(number: int) -> Result | Exception:
        try:
            barrier.wait(timeout=20)
            return work(number)
        except Exception as error:  # noqa: BLE001 - the test judges it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def kinds(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


class TestPostingTogether:
    def test_every_way_in_takes_a_small_analysed_table_in_the_same_order(self):
        """Over few rows the planner likes to go by the table, and would lock in its order."""
        people = [account("4081", f"pye_{number}") for number in range(40)]
        posted([debit(people[0], 39), *(credit(one, 1) for one in people[1:])])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_accountbalance")

        def work(number: int) -> None:
            dice = random.Random(number)
            for _ in range(12):
                drafts = [draft(pair(dice)) for _ in range(dice.randint(2, 12))]
                if number % 3 == 0:
                    operations.post(draft=drafts[0], at=AT)
                elif number % 3 == 1:
                    operations.post_many(drafts=drafts, at=AT)
                else:
                    operations.post_each(drafts=drafts, at=AT)

        def pair(dice: random.Random) -> list[Line]:
            left, right = dice.sample(people, 2)
            return [debit(left, 1), credit(right, 1)]

        assert at_once(work) == [None] * THREADS
        assert list(queries.differences()) == []

    def test_random_accounts_and_a_hot_one_meet_no_deadlock_and_lose_no_franc(self):
        people = [account("4081", f"pye_{number}") for number in range(12)]
        hot = account("552", "wave:SN")

        def work(number: int) -> Counter[AccountKey]:
            dice, moved = random.Random(number), Counter()
            for _ in range(6):
                drafts = []
                for _ in range(dice.randint(1, 8)):
                    left, right = dice.sample(people, 2)
                    amount = dice.randint(1, 1000)
                    lines = [
                        debit(left, amount),
                        credit(right, amount),
                        debit(hot, 2 * amount),
                        credit(left, 2 * amount),
                    ]
                    dice.shuffle(lines)
                    drafts.append(draft(lines))
                    moved.update({left: -amount, right: 0})
                    moved[right] -= amount
                    moved[hot] += 2 * amount
                operations.post_many(drafts=drafts, at=AT)
            return moved

        results = at_once(work)
        assert kinds(results) == {"Counter": THREADS}, results
        expected = Counter()
        for moved in results:
            for key, amount in moved.items():
                expected[key] += amount
        assert {key: queries.balance(key) for key in expected} == dict(expected)
        assert list(queries.differences()) == []

    def test_accounts_made_by_everybody_at_once_are_made_once(self):
        keys = [account("4081", f"pye_{number}") for number in range(30)]

        def work(number: int) -> int:
            mine = random.Random(number).sample(keys, len(keys))
            lines = [line for key in mine for line in (debit(key, 1), credit(account("552"), 1))]
            return len(operations.post_many(drafts=[draft(lines)], at=AT))

        assert kinds(at_once(work)) == {"int": THREADS}
        assert {queries.balance(key) for key in keys} == {THREADS}
        assert list(queries.differences()) == []


class TestTheSameKeyTogether:
    def test_makes_one_entry_and_gives_it_to_everybody(self):
        same = sale(key="payment:pay_1:captured")
        facts = at_once(lambda _: operations.post(draft=same, at=AT))
        assert kinds(facts) == {"EntryFact": THREADS}
        assert len({fact.id for fact in facts}) == 1
        assert (JournalEntry.objects.count(), Posting.objects.count()) == (1, 4)

    def test_in_batches_of_opposite_order_makes_each_entry_once(self):
        drafts = [sale(key=f"k{number}", wallet=f"w{number}") for number in range(20)]
        results = at_once(lambda number: operations.post_many(drafts=drafts[:: 1 if number % 2 else -1], at=AT))
        assert kinds(results) == {"tuple": THREADS}, results
        assert JournalEntry.objects.count() == 20
        assert list(queries.differences()) == []

    def test_with_other_content_lets_one_win_and_refuses_the_rest(self):
        results = at_once(lambda number: operations.post(draft=sale(key="k", gross=1000 + number, tax=10), at=AT))
        assert kinds(results) == {"EntryFact": 1, "KeyReused": THREADS - 1}
        assert JournalEntry.objects.count() == 1

    def test_by_every_way_in_makes_one_entry_and_meets_no_deadlock(self):
        """One statement takes the key first, a batch sorts many, the queue drops offenders: all in the same order."""
        people = [account("4081", f"pye_{number}") for number in range(5)]  # one row each: everybody wants the same
        for turn in range(20):
            same, *more = (
                draft([debit(people[n], 5), credit(people[n + 1], 5)], key=f"k{turn}:{9 - n}") for n in range(4)
            )

            def work(number: int, same: EntryDraft = same, more: Sequence[EntryDraft] = more) -> str:
                match number % 4:
                    case 0:
                        return operations.post(draft=same, at=AT).id
                    case 1:
                        return operations.post_many(drafts=[*more, same], at=AT)[-1].id
                    case 2:
                        return operations.post_each(drafts=[same, *more], at=AT)[0].id
                    case _:
                        with PostingQueue(clock=lambda: AT, linger_seconds=0) as queue:
                            return queue.submit(same).result().id

            results = at_once(work)
            assert kinds(results) == {"str": THREADS}, results
            assert len(set(results)) == 1
        assert JournalEntry.objects.count() == 20 * 4
        assert list(queries.differences()) == []

    def test_of_a_hold_promises_once_and_of_its_settlement_pays_once(self):
        posted([debit(account("4081", "pye_1"), 1000), credit(account("4011", "pye_1"), 1000)])
        out = draft([debit(account("4011", "pye_1"), 700), credit(account("552", "w"), 700)], key="payout:1")
        holds = at_once(lambda _: operations.hold(draft=out, expires_at=None, at=AT))
        assert kinds(holds) == {"HoldFact": THREADS}
        assert len({hold.id for hold in holds}) == 1
        assert queries.available(account("4011", "pye_1")).leaving_minor == 700
        paid = at_once(lambda _: operations.post_hold(hold_ref=holds[0].id, key="paid:1", at=AT))
        assert kinds(paid) == {"EntryFact": THREADS}
        assert len({entry.id for entry in paid}) == 1
        assert queries.balance(account("4011", "pye_1")) == -300
        assert list(queries.differences()) == []


class TestDrawingOnOneAccount:
    """An author is owed 1 000 francs; sixteen clients want 70 each, as often as they get them."""

    OWED = account("4011", "pye_1")

    @pytest.fixture(autouse=True)
    def owed(self) -> None:
        posted([debit(account("4081", "pye_1"), 1000), credit(self.OWED, 1000)])

    def payout(self, number: int, turn: int, amount: int = 70) -> EntryDraft:
        return draft([debit(self.OWED, amount), credit(account("552", "w"), amount)], key=f"out:{number}:{turn}")

    def draw(self, number: int, turn: int) -> object:
        """By a single entry, a batch, a batch that drops offenders, a hold that is settled in part or let go."""
        out = self.payout(number, turn)
        match (number + turn) % 5:
            case 0:
                return operations.post(draft=out, at=AT)
            case 1:
                return operations.post_many(drafts=[out], at=AT)
            case 2:
                return operations.post_each(drafts=[out], at=AT)
            case 3:
                hold = operations.hold(draft=out, expires_at=None, at=AT)
                lines = [debit(self.OWED, 50), credit(account("552", "w"), 50)]
                return operations.post_hold(hold_ref=hold.id, key=f"paid:{number}:{turn}", at=AT, lines=lines)
            case _:
                hold = operations.hold(draft=out, expires_at=None, at=AT)
                return operations.void_hold(hold_ref=hold.id, reason="numéro inconnu", at=AT)

    def test_never_overdraws_it(self):
        seen_below: list[int] = []

        def work(number: int) -> Counter[str]:
            got: Counter[str] = Counter()
            for turn in range(8):
                try:
                    got[type(self.draw(number, turn)).__name__] += 1
                except operations.LimitExceeded:
                    got["refused"] += 1
                can = queries.available(self.OWED)
                if can.balance_minor < 0 or (can.available_minor or 0) < 0:
                    seen_below.append(can.balance_minor)
            return got

        results = at_once(work)
        assert kinds(results) == {"Counter": THREADS}, results
        assert seen_below == []
        total = sum(results, Counter())
        assert total["refused"] > 0  # there was less than they wanted
        can = queries.available(self.OWED)
        assert (can.leaving_minor, can.balance_minor) == (0, -queries.balance(self.OWED))
        assert 0 <= can.balance_minor < 70  # whatever was there went out, and not a franc more
        assert not Posting.objects.filter(account__code="4011", balance_after__gt=0).exists()  # nor at any moment
        assert list(queries.differences()) == []


class TestEverythingTogether:
    def test_no_deadlock_reaches_a_caller(self):
        """Random pairs in random line order, singles, batches, holds, settlements, reversals, limits and a closing."""
        people = [account(code, f"pye_{number}") for number in range(6) for code in ("4011", "4081", "4091")]
        until = time.monotonic() + RACE_SECONDS

        def some(dice: random.Random, key: str) -> EntryDraft:
            lines: list[Line] = []
            for _ in range(dice.randint(1, 4)):
                left, right = dice.sample(people, 2)
                amount = dice.randint(1, 500)
                lines += [debit(left, amount), credit(right, amount)]
            dice.shuffle(lines)
            return draft(lines, key=key)

        def one(dice: random.Random, number: int, turn: int) -> None:
            key = f"{number}:{turn}"
            shared = f"shared:{dice.randrange(turn + 1)}"  # others post it too, with other content
            match dice.randrange(9):
                case 0 | 1:
                    operations.post(draft=some(dice, key), at=AT)
                case 2:
                    operations.post(draft=some(dice, shared), at=AT)
                case 3:
                    batch = [some(dice, f"{key}:{n}") for n in range(dice.randint(2, 9))] + [some(dice, shared)]
                    dice.shuffle(batch)
                    operations.post_many(drafts=batch, at=AT)
                case 4:
                    operations.post_each(drafts=[some(dice, k) for k in (shared, f"{key}:a", f"{key}:b")], at=AT)
                case 5 | 6:
                    holds = operations.hold_many(
                        drafts=[some(dice, f"{key}:{n}") for n in range(2)], expires_at=AT + timedelta(hours=1), at=AT
                    )
                    operations.post_hold(hold_ref=holds[0].id, key=f"{key}:paid", at=AT)
                    operations.void_hold(hold_ref=holds[1].id, reason="x", at=AT)
                case 7:
                    written = operations.post(draft=some(dice, f"{key}:first"), at=AT)
                    operations.reverse(entry_ref=written.id, key=f"{key}:undo", reason="x", at=AT)
                    operations.expire_holds(at=AT + timedelta(hours=2), limit=5)
                case _:
                    operations.set_limits(
                        account=dice.choice(people),
                        floor_minor=dice.choice([None, -50_000]),
                        by="awa",
                        reason="x",
                        at=AT,
                    )

        def work(number: int) -> Counter[str]:
            dice, got = random.Random(number), Counter()
            for turn in range(100_000):
                if time.monotonic() > until:
                    break
                try:
                    one(dice, number, turn)
                    got["written"] += 1
                except LedgerRefusal as refusal:
                    got[type(refusal).__name__] += 1
            return got

        results = at_once(work)
        assert kinds(results) == {"Counter": THREADS}, results
        total = sum(results, Counter())
        assert total["written"] > THREADS, total
        assert set(total) <= {"written", "LimitExceeded", "KeyReused", "HoldEnded"}, total
        assert list(queries.differences()) == []


class TestReversingTogether:
    def test_under_many_keys_makes_one_reversal(self):
        entry = operations.post(draft=sale(), at=AT)
        results = at_once(lambda n: operations.reverse(entry_ref=entry.id, key=f"undo:{n}", reason="x", at=AT))
        assert kinds(results) == {"EntryFact": 1, "AlreadyReversed": THREADS - 1}
        assert queries.balance(account("552", "wave:SN")) == 0

    def test_under_one_key_gives_everybody_the_same_reversal(self):
        entry = operations.post(draft=sale(), at=AT)
        results = at_once(lambda _: operations.reverse(entry_ref=entry.id, key="undo", reason="x", at=AT))
        assert kinds(results) == {"EntryFact": THREADS}
        assert len({fact.id for fact in results}) == 1
        assert JournalEntry.objects.count() == 2


class TestAKilledBackend:
    def test_in_the_middle_of_a_batch_leaves_nothing_of_it(self):
        """The batch has written its keys and waits for the last account's lock when its server process is ended."""
        operations.post(draft=sale(wallet="last"), at=AT)
        batch = [sale(key=f"k{number}", wallet=f"w{number}") for number in range(50)] + [sale(key="k", wallet="last")]
        outcome: list[object] = []
        worker = threading.Thread(target=lambda: outcome.append(_attempt(batch)))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM ledger_accountbalance FOR UPDATE")
            worker.start()
            assert _terminate_whoever_waits(cursor)
            worker.join(timeout=20)
        assert isinstance(outcome[0], OperationalError)
        assert JournalEntry.objects.count() == 1
        assert queries.entries_by_key([draft.key for draft in batch]) == {}
        assert list(queries.differences()) == []
        assert len(operations.post_many(drafts=batch, at=AT)) == 51  # whoever asks again gets the whole of it

    def test_at_any_moment_leaves_all_of_a_batch_or_nothing(self):
        batches = {n: [sale(key=f"{n}:{i}", wallet=f"w{i % 7}") for i in range(60)] for n in range(THREADS)}
        victims: dict[int, int] = {}

        def work(number: int) -> object:
            victims[number] = _backend_pid()
            return _kill(victims) if number == 0 else _attempt(batches[number])

        results = at_once(work)
        for number in range(1, THREADS):
            written = len(queries.entries_by_key([draft.key for draft in batches[number]]))
            died = isinstance(results[number], OperationalError)
            assert written in ((0, 60) if died else (60,)), results[number]
        assert list(queries.differences()) == []


def _attempt(batch: list[EntryDraft]) -> object:
    try:
        return operations.post_many(drafts=batch, at=AT)
    except OperationalError as error:
        return error
    finally:
        connection.close()


def _backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _kill(victims: dict[int, int]) -> int:
    """Ends every other worker's server process, each after a moment of its own."""
    dice = random.Random(7)
    for number in range(1, THREADS, 2):
        time.sleep(dice.uniform(0, 0.05))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [victims.get(number, 0)])
    return 0


def _terminate_whoever_waits(cursor: CursorWrapper) -> bool:
    for _ in range(200):
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the view would stand still
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ledger_post_%'"
        )
        if cursor.fetchone():
            return True
        time.sleep(0.05)
    return False
