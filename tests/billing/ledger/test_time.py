"""Months that close, days that are sealed, and what was known when."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import operations, queries, seals
from billing.ledger.draft import Line, WhenClosed, credit, debit
from billing.ledger.queue import PostingQueue, QueueClosed
from tests.billing.ledger.test_verification import damage
from tests.factories.ledger import AT, account, draft, posted, sale

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
_holders = count()
IN_OCTOBER = datetime(2026, 10, 20, 9, tzinfo=UTC)
INCOME = account("7065")


def close(month: date, at: datetime = AT) -> None:
    operations.start_closing(entity="coko-sn", month=month, by="awa", at=at)
    operations.close_period(entity="coko-sn", month=month, by="awa", at=at)


def late(key: str, **options: object):
    lines = [debit(account("552", "wave:SN"), 10), credit(INCOME, 10)]
    made = draft(lines, key=key, happened_at=IN_OCTOBER)
    return type(made)(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, **options})


@pytest.mark.django_db
class TestPeriods:
    def test_a_closed_month_takes_nothing_and_says_from_when(self):
        close(OCTOBER)
        with pytest.raises(operations.PeriodClosed) as refused:
            operations.post(draft=late("k"), at=AT)
        assert refused.value.open_from == datetime(2026, 11, 1, tzinfo=UTC)
        assert operations.post(draft=sale(), at=AT)
        assert list(queries.differences()) == []

    def test_money_that_came_in_counts_in_the_open_month_and_keeps_its_date(self):
        close(OCTOBER)
        entry = operations.post(draft=late("k", when_closed=WhenClosed.COUNT_LATER), at=AT)
        assert (entry.happened_at, entry.late_from) == (AT, IN_OCTOBER)
        assert operations.post(draft=late("k", when_closed=WhenClosed.COUNT_LATER), at=AT) == queries.entry(entry.id)
        assert list(queries.differences()) == []

    def test_a_month_being_closed_takes_the_closing_work_alone(self):
        operations.start_closing(entity="coko-sn", month=OCTOBER, by="awa", at=AT)
        with pytest.raises(operations.PeriodClosed):
            operations.post(draft=late("a"), at=AT)
        assert operations.post(draft=late("b", closing=True), at=AT).happened_at == IN_OCTOBER

    def test_months_close_in_order_and_only_when_over(self):
        with pytest.raises(operations.MonthNotOver):
            operations.start_closing(entity="coko-sn", month=NOVEMBER, by="awa", at=AT)
        close(OCTOBER)
        with pytest.raises(operations.NotItsTurn):
            operations.close_period(entity="coko-sn", month=NOVEMBER, by="awa", at=AT)

    def test_the_first_months_ever_closed_close_in_order_too(self):
        for month in (date(2026, 9, 1), OCTOBER):
            operations.start_closing(entity="coko-sn", month=month, by="awa", at=AT)
        with pytest.raises(operations.NotItsTurn):
            operations.close_period(entity="coko-sn", month=OCTOBER, by="awa", at=AT)
        for month in (date(2026, 9, 1), OCTOBER):
            assert operations.close_period(entity="coko-sn", month=month, by="awa", at=AT) == "closed"

    def test_opening_again_takes_a_reason_and_another_person(self):
        close(OCTOBER)
        with pytest.raises(operations.ReasonMissing):
            operations.ask_reopening(entity="coko-sn", month=OCTOBER, by="awa", reason=" ", at=AT)
        with pytest.raises(operations.AnotherPersonNeeded):
            operations.reopen_period(entity="coko-sn", month=OCTOBER, by="binta", at=AT)
        operations.ask_reopening(entity="coko-sn", month=OCTOBER, by="awa", reason="facture oubliée", at=AT)
        with pytest.raises(operations.AnotherPersonNeeded):
            operations.reopen_period(entity="coko-sn", month=OCTOBER, by="awa", at=AT)
        assert operations.reopen_period(entity="coko-sn", month=OCTOBER, by="binta", at=AT) == "open"
        assert operations.post(draft=late("k"), at=AT).happened_at == IN_OCTOBER
        last = queries.period_events(entity="coko-sn", starts_at=datetime(2026, 10, 1, tzinfo=UTC))[-1]
        assert (last.by, last.reason) == ("binta", "facture oubliée")

    def test_closing_one_legal_entity_leaves_the_others_open(self):
        close(OCTOBER)
        other = [debit(account("521", entity="coko-ci"), 5), credit(account("7065", entity="coko-ci"), 5)]
        assert operations.post(draft=draft(other, happened_at=IN_OCTOBER), at=AT)


@pytest.mark.django_db
class TestTwoAxesOfTime:
    def test_tells_what_was_known_and_what_counts(self):
        first = [debit(account("521"), 100), credit(INCOME, 100)]
        second = [debit(account("521"), 7), credit(INCOME, 7)]
        operations.post(draft=draft(first, happened_at=AT - timedelta(days=9)), at=AT - timedelta(days=8))
        operations.post(draft=draft(second, happened_at=AT - timedelta(days=9)), at=AT)
        bank = account("521")
        week_ago = AT - timedelta(days=7)
        assert queries.balance(bank) == 107
        assert queries.balance(bank, known_at=week_ago) == 100
        assert queries.balance(bank, as_of=week_ago) == 107
        assert queries.balance(bank, as_of=week_ago, known_at=week_ago) == 100
        assert queries.balance(bank, as_of=AT - timedelta(days=10)) == 0

    @given(
        moves=st.lists(
            st.tuples(st.integers(-500, 500).filter(bool), st.integers(0, 40), st.integers(0, 40)), max_size=12
        ),
        asked=st.tuples(st.integers(-5, 90), st.integers(-5, 90)),
    )
    def test_agrees_with_a_list(self, moves, asked):
        holder = f"h{next(_holders)}"  # of both sides: an account's time never goes back
        bank, other = account("521", holder), account("4712", holder)
        start, now, told = AT, AT, []
        for amount, wait, lag in moves:
            now = now + timedelta(minutes=wait)
            happened = max(start, now - timedelta(minutes=lag))
            operations.post(draft=draft([Line(bank, amount), Line(other, -amount)], happened_at=happened), at=now)
            told.append((happened, now, amount))
        as_of, known_at = (start + timedelta(minutes=minutes) for minutes in asked)
        assert queries.balance(bank, known_at=known_at) == sum(m for _, r, m in told if r <= known_at)
        assert queries.balance(bank, as_of=as_of) == sum(m for h, _, m in told if h <= as_of)
        both = sum(m for h, r, m in told if h <= as_of and r <= known_at)
        assert queries.balance(bank, as_of=as_of, known_at=known_at) == both

    def test_an_entry_is_known_from_one_moment_on_all_its_accounts(self):
        """A server whose clock is behind posts to an account that has seen a later moment, and to one that has not."""
        owed, other, wallet = account("4712", "a"), account("4712", "b"), account("4712", "w")
        operations.post_many(
            drafts=[draft([debit(wallet, 5), credit(owed, 5)]), draft([debit(wallet, 5), credit(other, 5)])], at=AT
        )
        later = AT + timedelta(minutes=10)
        operations.post(draft=draft([debit(wallet, 5), credit(owed, 5)]), at=later)
        entry = operations.post(draft=draft([debit(owed, 3), credit(other, 3)]), at=AT + timedelta(minutes=1))
        assert entry.recorded_at == later
        between = AT + timedelta(minutes=5)
        assert [queries.balance(one, known_at=between) for one in (owed, other, wallet)] == [-5, -5, 10]
        assert list(queries.differences()) == []

    def test_an_entry_too_far_ahead_moves_nobodys_clock(self):
        ahead = draft([debit(account("521"), 5), credit(INCOME, 5)], happened_at=AT + timedelta(hours=1))
        refused, written = operations.post_each(drafts=[ahead, sale()], at=AT)
        assert isinstance(refused.reason, operations.FromTheFuture)
        assert (refused.reason.now, written.recorded_at) == (AT, AT)

    def test_a_statement_opens_runs_closes_and_pages(self):
        for day in range(5):
            at = AT + timedelta(days=day)
            operations.post(
                draft=draft([debit(account("521"), 10 + day), credit(INCOME, 10 + day)], happened_at=at), at=at
            )
        page = queries.statement(account=account("521"), since=AT + timedelta(days=1), limit=2)
        assert (page.opening_minor, page.closing_minor, page.is_complete) == (10, 33, False)
        assert [line.balance_minor for line in page.lines] == [21, 33]
        rest = queries.statement(account=account("521"), since=AT + timedelta(days=1), offset=2)
        assert (rest.closing_minor, rest.is_complete) == (60, True)


class TestMerkle:
    LEAVES = [hashlib.sha256(bytes([0, n])).digest() for n in range(16)]

    def test_an_empty_tree_is_the_hash_of_nothing(self):
        assert seals.root_of([]) == (hashlib.sha256(b"").digest(), 0)

    @given(st.integers(1, 16), st.data())
    def test_every_leaf_has_a_proof_that_leads_to_the_root(self, size, data):
        leaves = self.LEAVES[:size]
        position = data.draw(st.integers(0, size - 1))
        path = seals.proof_of(leaves, position)
        root, count = seals.root_of(leaves)
        assert count == size
        assert seals.root_from_proof(leaf=leaves[position], position=position, size=size, path=path) == root
        other = self.LEAVES[(position + 1) % 16]
        assert seals.root_from_proof(leaf=other, position=position, size=size, path=path) != root

    def test_three_leaves_are_two_and_one(self):
        a, b, c = self.LEAVES[:3]
        assert seals.root_of([a, b, c])[0] == seals.node_hash(seals.node_hash(a, b), c)


@pytest.mark.django_db
class TestSealing:
    def test_chains_the_days_and_takes_nothing_into_them_any_more(self):
        posted(at=AT)
        posted(at=AT + timedelta(days=2))
        done = operations.seal_days(at=AT + timedelta(days=3))
        assert [seal.entry_count for seal in done] == [1, 0, 1]
        assert done[0].previous == seals.GENESIS
        assert [seal.previous for seal in done[1:]] == [seal.seal for seal in done[:-1]]
        assert operations.seal_days(at=AT + timedelta(days=3)) == ()
        entry = operations.post(draft=sale(happened_at=AT), at=AT)  # a clock that stands still
        assert entry.recorded_at >= datetime(2026, 11, 6, tzinfo=UTC)

    def test_refuses_a_seal_that_does_not_follow(self):
        posted(at=AT)
        operations.seal_days(at=AT + timedelta(days=2))
        with pytest.raises(DatabaseError, match="does not follow"), connection.cursor() as cursor:
            cursor.execute("SELECT ledger_store_seal('2027-01-01', 0, '', '', '', now())")

    def test_shows_what_was_changed_after(self):
        entry = posted(at=AT)
        (seal,) = operations.seal_days(at=AT + timedelta(days=1))
        damage(f"UPDATE ledger_journalentry SET fingerprint = sha256('x') WHERE key = '{entry.key}'")  # noqa: S608
        day = datetime(2026, 11, 3, tzinfo=UTC)
        assert seals.root_of(queries.leaves(since=day, until=day + timedelta(days=1)))[0] != seal.root


@pytest.mark.django_db
class TestReverseInPart:
    def test_takes_back_a_part_and_never_more(self):
        entry = posted()
        part = [credit(account("552", "wave:SN"), 400), debit(INCOME, 400)]
        undo = operations.reverse(entry_ref=entry.id, key="undo", reason="x", at=AT, lines=part)
        assert undo.reverses == entry.id
        assert queries.balance(INCOME) == -600
        other = posted()
        with pytest.raises(operations.MoreThanThere):
            operations.reverse(
                entry_ref=other.id,
                key="more",
                reason="x",
                at=AT,
                lines=[credit(account("552", "wave:SN"), 1001), debit(INCOME, 1001)],
            )
        assert list(queries.differences()) == []


@pytest.mark.django_db(transaction=True)
class TestQueue:
    def test_answers_each_draft_and_refuses_what_would_be_refused(self):
        posted([debit(account("521"), 100), credit(account("4011", "pye_1"), 100)])
        with PostingQueue(clock=lambda: AT) as queue:
            out = [draft([debit(account("4011", "pye_1"), 60), credit(account("521"), 60)]) for _ in range(2)]
            futures = [queue.submit(one) for one in [*out, sale(), sale()]]
        assert futures[0].result().id.startswith("jrn_")
        with pytest.raises(operations.LimitExceeded):
            futures[1].result()
        assert len({future.result().id for future in futures[2:]}) == 2
        with pytest.raises(QueueClosed):
            queue.submit(sale())
