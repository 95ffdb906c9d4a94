"""Posting, batches, replays, reversals: what callers of the ledger are promised."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from billing.ledger import operations, queries
from billing.ledger.draft import BadDraft, credit, debit
from billing.ledger.models import Account, JournalEntry, Posting
from billing.money import MINOR_MAX
from tests.factories.ledger import AT, account, draft, posted, sale

pytestmark = pytest.mark.django_db


def sizes() -> tuple[int, int, int]:
    return JournalEntry.objects.count(), Posting.objects.count(), Account.objects.count()


class TestPost:
    def test_gives_the_entry_with_a_public_id(self):
        fact = operations.post(draft=sale(key="payment:pay_1:captured"), at=AT)
        assert fact.id.startswith("jrn_")
        assert fact == queries.entry(fact.id)
        assert fact.recorded_at == AT

    def test_moves_every_account_of_the_entry(self):
        operations.post(draft=sale(gross=3500, tax=534, fee=35), at=AT)
        assert queries.balance(account("552", "wave:SN")) == 3465
        assert queries.balance(account("6317")) == 35
        assert queries.balance(account("7065")) == -2966
        assert queries.balance(account("4432")) == -534

    def test_takes_one_round_trip_within_a_transaction(self, django_assert_num_queries):
        operations.post(draft=sale(), at=AT)
        with django_assert_num_queries(3):  # savepoint, the function, release
            operations.post(draft=sale(), at=AT)

    @pytest.mark.django_db(transaction=True)
    def test_takes_one_message_outside_of_one(self, django_assert_num_queries):
        operations.post(draft=sale(), at=AT)
        for post in (
            lambda: operations.post(draft=sale(), at=AT),
            lambda: operations.post_many(drafts=[sale()], at=AT),
        ):
            with django_assert_num_queries(1):
                post()
        assert JournalEntry.objects.count() == 3

    @pytest.mark.django_db(transaction=True)
    def test_leaves_nothing_of_what_was_refused_outside_of_one(self):
        operations.post(draft=sale(key="k"), at=AT)
        for post in (operations.post, lambda *, draft, at: operations.post_many(drafts=[sale(), draft], at=at)):
            with pytest.raises(operations.KeyReused):
                post(draft=sale(key="k", gross=9), at=AT)
        assert JournalEntry.objects.count() == 1

    def test_gives_the_first_entry_when_the_same_draft_comes_again(self):
        first = operations.post(draft=sale(key="k"), at=AT)
        before = sizes()
        assert operations.post(draft=sale(key="k"), at=AT + timedelta(days=1)) == first
        assert sizes() == before
        assert queries.balance(account("552", "wave:SN")) == 3465

    def test_takes_the_order_of_lines_for_the_same_content(self):
        first = sale(key="k")
        turned = replace(first, lines=list(reversed(first.lines)))
        assert operations.post(draft=first, at=AT).id == operations.post(draft=turned, at=AT).id

    @pytest.mark.parametrize(
        "change",
        [
            {"description": "Autre"},
            {"source_ref": "pay_autre"},
            {"journal": "OD"},
            {"happened_at": AT + timedelta(microseconds=1)},
            {"lines": [debit(account("552", "wave:SN"), 1), credit(account("7065"), 1)]},
            {
                "lines": [
                    debit(account("552", "wave:SN", entity="coko-ci"), 1),
                    credit(account("7065", entity="coko-ci"), 1),
                ]
            },
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_refuses_a_key_that_stands_for_other_content_and_changes_nothing(self, change):
        operations.post(draft=sale(key="k"), at=AT)
        before = sizes(), queries.balances()
        with pytest.raises(operations.KeyReused, match="k"):
            operations.post(draft=replace(sale(key="k"), **change), at=AT)
        assert (sizes(), queries.balances()) == before

    def test_refuses_an_account_outside_the_chart(self):
        with pytest.raises(operations.UnknownAccountCode, match="651"):
            posted([debit(account("651"), 1), credit(account("7065"), 1)])
        assert sizes() == (0, 0, 0)

    def test_refuses_a_balance_beyond_bigint_and_goes_on_working(self):
        posted([debit(account("521"), MINOR_MAX), credit(account("7065"), MINOR_MAX)])
        with pytest.raises(operations.BalanceOutOfRange):
            posted([debit(account("521"), 1), credit(account("7065"), 1)])
        posted([debit(account("7065"), MINOR_MAX), credit(account("521"), MINOR_MAX)])
        assert queries.balance(account("521")) == 0

    def test_keeps_the_same_holder_in_two_currencies_apart(self):
        operations.post(draft=sale(currency="XOF"), at=AT)
        operations.post(draft=sale(currency="XAF", gross=700, tax=100, fee=0 + 7), at=AT)
        assert queries.balance(account("552", "wave:SN", currency="XOF")) == 3465
        assert queries.balance(account("552", "wave:SN", currency="XAF")) == 693

    def test_accepts_one_entry_in_two_currencies_when_each_balances(self):
        euros = [debit(account("585", currency="EUR"), 100), credit(account("521", currency="EUR"), 100)]
        francs = [debit(account("521"), 656), credit(account("585"), 656)]
        entry = posted([*euros, *francs])
        assert len(queries.entry_lines(entry.id)) == 4

    def test_accepts_an_account_named_twice_in_an_entry(self):
        posted([debit(account("521"), 5), debit(account("521"), 7), credit(account("7065"), 12)])
        statement = queries.account_statement(account=account("521"))
        assert sorted(line.amount_minor for line in statement) == [5, 7]
        assert statement[0].balance_minor == 12


class TestPostMany:
    def test_writes_nothing_for_an_empty_batch(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert operations.post_many(drafts=[], at=AT) == ()

    def test_answers_in_the_order_of_the_drafts(self):
        drafts = [sale(key=f"k{number}") for number in (3, 1, 2)]
        assert [fact.key for fact in operations.post_many(drafts=drafts, at=AT)] == ["k3", "k1", "k2"]

    def test_keeps_a_running_balance_through_the_batch(self):
        operations.post_many(drafts=[sale(gross=1000, tax=0 + 10, fee=10) for _ in range(50)], at=AT)
        statement = queries.account_statement(account=account("552", "wave:SN"))
        assert [line.balance_minor for line in reversed(statement)] == [990 * n for n in range(1, 51)]

    def test_mixes_new_entries_and_replays(self):
        first = operations.post(draft=sale(key="a"), at=AT)
        facts = operations.post_many(drafts=[sale(key="b"), sale(key="a"), sale(key="c")], at=AT)
        assert facts[1].id == first.id
        assert JournalEntry.objects.count() == 3
        assert queries.balance(account("552", "wave:SN")) == 3 * 3465

    def test_writes_a_draft_once_that_is_twice_in_the_batch(self):
        twice = sale(key="a")
        first, second = operations.post_many(drafts=[twice, twice], at=AT)
        assert first.id == second.id
        assert queries.balance(account("552", "wave:SN")) == 3465

    def test_writes_nothing_of_a_batch_with_a_reused_key(self):
        operations.post(draft=sale(key="a"), at=AT)
        before = sizes()
        with pytest.raises(operations.KeyReused):
            operations.post_many(drafts=[sale(key="b"), sale(key="a", gross=9999), sale(key="c")], at=AT)
        assert sizes() == before
        assert operations.post(draft=sale(key="b"), at=AT).key == "b"

    def test_writes_nothing_of_a_batch_whose_caller_rolls_back(self):
        with transaction.atomic():
            operations.post_many(drafts=[sale(), sale()], at=AT)
            transaction.set_rollback(True)
        assert sizes() == (0, 0, 0)

    def test_writes_a_thousand_entries_whose_books_agree(self):
        drafts = [sale(key=f"k{n}", wallet=f"w{n % 37}", gross=1000 + n) for n in range(1000)]
        operations.post_many(drafts=drafts, at=AT)
        assert sizes()[:2] == (1000, 4000)
        assert list(queries.differences()) == []


class TestReverse:
    def test_mirrors_the_entry_and_links_both_ways(self):
        entry = operations.post(draft=sale(), at=AT)
        later = AT + timedelta(days=2)
        reversal = operations.reverse(entry_ref=entry.id, key="undo:1", reason="Payé deux fois", at=later)
        assert reversal.reverses == entry.id
        assert queries.entry(entry.id).reversed_by == reversal.id
        assert (reversal.description, reversal.happened_at, reversal.journal) == ("Payé deux fois", later, "BQ")
        assert all(balance.closing_minor == 0 for balance in queries.balances())

    def test_gives_the_same_reversal_when_asked_twice_even_later(self):
        entry = operations.post(draft=sale(), at=AT)
        first = operations.reverse(entry_ref=entry.id, key="undo:1", reason="x", at=AT)
        again = operations.reverse(entry_ref=entry.id, key="undo:1", reason="x", at=AT + timedelta(days=1))
        assert again == first
        assert JournalEntry.objects.count() == 2

    def test_refuses_a_second_reversal_under_another_key(self):
        entry = operations.post(draft=sale(), at=AT)
        operations.reverse(entry_ref=entry.id, key="undo:1", reason="x", at=AT)
        with pytest.raises(operations.AlreadyReversed, match="undo:1"):
            operations.reverse(entry_ref=entry.id, key="undo:2", reason="x", at=AT)
        assert JournalEntry.objects.count() == 2

    def test_refuses_a_key_that_stands_for_another_entry(self):
        entry, other = operations.post(draft=sale(), at=AT), operations.post(draft=sale(key="taken"), at=AT)
        with pytest.raises(operations.KeyReused):
            operations.reverse(entry_ref=entry.id, key=other.key, reason="x", at=AT)
        assert queries.entry(entry.id).reversed_by is None

    def test_refuses_a_key_of_an_entry_that_says_the_same_but_takes_nothing_back(self):
        entry = posted()
        lines = [credit(account("552", "wave:SN"), 1000), debit(account("7065"), 1000)]
        posted(lines, key="twin")
        with pytest.raises(operations.KeyReused):
            operations.reverse(entry_ref=entry.id, key="twin", reason="Essai", at=AT)
        assert queries.entry(entry.id).reversed_by is None

    def test_refuses_an_entry_that_does_not_exist(self):
        with pytest.raises(queries.NoSuchEntry):
            operations.reverse(entry_ref="jrn_" + "0" * 26, key="undo", reason="x", at=AT)

    def test_lets_a_reversal_be_taken_back_too(self):
        entry = operations.post(draft=sale(), at=AT)
        undo = operations.reverse(entry_ref=entry.id, key="undo", reason="x", at=AT)
        operations.reverse(entry_ref=undo.id, key="redo", reason="x", at=AT)
        assert queries.balance(account("552", "wave:SN")) == 3465

    def test_replays_a_reversed_entry_as_reversed(self):
        entry = operations.post(draft=sale(key="k"), at=AT)
        undo = operations.reverse(entry_ref=entry.id, key="undo", reason="x", at=AT)
        assert operations.post(draft=sale(key="k"), at=AT).reversed_by == undo.id


class TestAKeyUsedAgain:
    def test_does_not_stand_for_another_part_of_the_reversal_or_another_reason(self):
        entry = operations.post(draft=sale(), at=AT)
        part = [debit(account("7065"), 20), credit(account("552", "wave:SN"), 20)]
        asked = {"entry_ref": entry.id, "key": "undo", "reason": "x", "lines": part, "at": AT}
        first = operations.reverse(**asked)
        assert operations.reverse(**asked) == first
        for change in ({"lines": None}, {"reason": "y"}):
            with pytest.raises(operations.KeyReused):
                operations.reverse(**{**asked, **change})


class TestOneBadDraft:
    def test_outside_the_chart_is_refused_alone(self):
        bad = draft([debit(account("9999"), 5), credit(account("7065"), 5)], key="bad")
        written, refused = operations.post_each(drafts=[sale(key="good"), bad], at=AT)
        assert written.key == "good"
        assert isinstance(refused.reason, operations.UnknownAccountCode)

    @pytest.mark.parametrize(
        "change",
        [{"key": "k" * 201}, {"key": "a\0b"}, {"source_ref": "s" * 81}, {"description": "\ud800"}],
        ids=["long key", "NUL", "long source", "half a surrogate"],
    )
    def test_is_refused_before_it_meets_others(self, change):
        with pytest.raises(BadDraft):
            replace(sale(), **change)


@pytest.mark.django_db(transaction=True)
class TestIsolation:
    @pytest.mark.parametrize(
        "post",
        [
            lambda: operations.post(draft=sale(), at=AT),
            lambda: operations.post_many(drafts=[sale(), sale()], at=AT),
            lambda: operations.post_each(drafts=[sale()], at=AT),
        ],
        ids=["post", "post_many", "post_each"],
    )
    def test_other_than_read_committed_is_refused(self, post):
        operations.post(draft=sale(), at=AT)
        before = sizes()
        with pytest.raises(Error, match="READ COMMITTED"):
            self.unmoving(post)
        assert sizes() == before

    @transaction.atomic
    def unmoving(self, post):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        post()


class TestTheFunctionItself:
    """ledger_post_many called past Python, as a buggy or hostile program would."""

    CALL = """
        SELECT outcome FROM ledger_post_many(
            'coko-sn', ARRAY[gen_random_uuid()], ARRAY['k'], ARRAY['OD'], ARRAY['d'], ARRAY['s'], ARRAY[now()],
            NULL, NULL, NULL, NULL, now(), false, ARRAY['521', '7065'], ARRAY['XOF', 'XOF'], ARRAY['', ''],
            %s::int[], %s::int[], %s::bigint[])
    """

    def call(self, lines):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(self.CALL, [list(column) for column in zip(*lines, strict=True)])
            return cursor.fetchall()

    def test_posts_what_balances(self):
        assert self.call([(1, 1, 10), (1, 2, -10)]) == [("new",)]

    @pytest.mark.parametrize(
        "lines",
        [
            [(1, 1, 10), (1, 2, -9)],
            [(1, 1, 10), (1, 3, -10)],
            [(1, 1, 0), (1, 1, 10), (1, 2, -10)],
            [(1, 2, -10), (1, 1, 10)],
            [(2, 1, 10), (2, 2, -10)],
        ],
        ids=["unbalanced", "an account that was not given", "zero line", "not sorted", "no lines for the entry"],
    )
    def test_refuses_what_does_not(self, lines):
        with pytest.raises(Error):
            self.call(lines)
        assert sizes() == (0, 0, 0)


class TestTheShortWays:
    """ledger_post and ledger_post_batch called past Python: what is not usual is not written, the guards stay shut."""

    ONE = """
        SELECT ledger_post(
            'coko-sn', '00000000-0000-4000-8000-000000000001', 'k', %s, 'd', 's', %s, now(),
            ARRAY['521', '7065'], %s::text[], ARRAY['', ''], ARRAY[16, 16]::smallint[], %s::bigint[])
    """
    BATCH = """
        SELECT ledger_post_batch(
            'coko-sn', ARRAY['00000000-0000-4000-8000-000000000001'::uuid], ARRAY['k'], ARRAY[%s], ARRAY['d'],
            ARRAY['s'], ARRAY[%s::timestamptz], now(), ARRAY['521', '7065'], %s::text[],
            ARRAY['', ''], ARRAY[16, 16]::smallint[], ARRAY[1, 1], ARRAY[1, 2], %s::bigint[])
    """

    @pytest.fixture(autouse=True)
    def accounts(self):
        for currency in ("XOF", "XAF"):
            lines = [debit(account("521", currency=currency), 1), credit(account("7065", currency=currency), 1)]
            operations.post(draft=draft(lines, key=currency), at=AT)

    def call(self, statement, *, journal="OD", happened_at=AT, currencies=("XOF", "XOF"), amounts=(10, -10)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [journal, happened_at, list(currencies), list(amounts)])
            (recorded_at,) = cursor.fetchone()
            cursor.execute("SELECT coalesce(current_setting('coko.ledger_writing', true), '')")
            assert cursor.fetchone()[0] in ("", "off")
            return recorded_at

    @pytest.mark.parametrize("statement", [ONE, BATCH], ids=["one", "batch"])
    def test_write_what_is_usual(self, statement):
        before = sizes()
        assert self.call(statement) is not None
        assert sizes() == (before[0] + 1, before[1] + 2, before[2])
        assert list(queries.differences()) == []

    @pytest.mark.parametrize("statement", [ONE, BATCH], ids=["one", "batch"])
    @pytest.mark.parametrize(
        "change",
        [
            {"amounts": (10, -9)},
            {"amounts": (0, 0)},
            {"currencies": ("XOF", "XAF")},
            {"currencies": ("XOF", "EUR")},
            {"journal": "XX"},
            {"happened_at": AT + timedelta(days=99_999)},
            {"amounts": (2**63 - 1, -(2**63 - 1))},
        ],
        ids=["unbalanced", "zero", "two currencies", "no such account", "no such journal", "the future", "too much"],
    )
    def test_leave_everything_else_alone(self, statement, change):
        before, answers = sizes(), []
        with suppress(Error):
            answers.append(self.call(statement, **change))
        assert answers in ([], [None])
        assert sizes() == before
