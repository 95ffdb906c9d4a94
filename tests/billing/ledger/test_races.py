"""Real threads, real connections, one PostgreSQL: nothing is lost, nothing is done twice, nobody sees a deadlock."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from billing.ledger import operations, queries
from billing.ledger.draft import AccountKey, EntryDraft, credit, debit
from billing.ledger.models import JournalEntry, Posting
from tests.factories.ledger import AT, account, draft, sale

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 16
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
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ledger_post_many%'"
        )
        if cursor.fetchone():
            return True
        time.sleep(0.05)
    return False
