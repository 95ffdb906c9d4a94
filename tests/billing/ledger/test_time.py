"""Months that close, days that are sealed, and what was known when."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, count, groupby, pairwise

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
        after = page.lines[-1].entry.id
        rest = queries.statement(account=account("521"), since=AT + timedelta(days=1), after=after)
        assert (rest.opening_minor, rest.closing_minor, rest.is_complete) == (33, 60, True)
        with pytest.raises(queries.NoSuchEntry):
            queries.statement(account=account("521"), after="jrn_00000000000000000000000000")

    @given(
        moves=st.lists(
            st.tuples(st.lists(st.integers(-500, 500).filter(bool), min_size=1, max_size=3), *[st.integers(0, 40)] * 2),
            min_size=1,
            max_size=12,
        ),
        limit=st.integers(1, 6),
        asked=st.tuples(st.none() | st.integers(-5, 60), st.none() | st.integers(5, 400)),
        code=st.sampled_from(["521", "4712"]),  # one in stripes, one of a single row
    )
    def test_pages_put_together_are_the_whole(self, moves, limit, asked, code):
        one, other = account(code, f"p{next(_holders)}"), account("7065", f"p{next(_holders)}")
        now, told = AT, []
        for number, (amounts, wait, lag) in enumerate(moves):
            now = now + timedelta(minutes=wait)
            happened = max(AT, now - timedelta(minutes=lag))
            lines = [Line(key, sign * amount) for amount in amounts for key, sign in ((one, 1), (other, -1))]
            entry = operations.post(
                draft=replace(draft(lines, happened_at=happened), source_ref=f"inv_{number % 2}"), at=now
            )
            told.append((happened, entry.recorded_at, entry.id, sum(amounts), len(amounts), entry.source_ref))
        since, known_at = (None if minutes is None else AT + timedelta(minutes=minutes) for minutes in asked)
        known = sorted(row for row in told if known_at is None or row[1] <= known_at)
        before = sum(row[3] for row in known if since is not None and row[0] < since)
        shown = [row for row in known if since is None or row[0] >= since]
        for source in (None, "inv_0"):
            pages = list(pages_of(one, since=since, known_at=known_at, limit=limit, source=source))
            lines = [line for page in pages for line in page.lines]
            wanted = [row for row in shown if source in (None, row[5])]
            assert [line.entry.id for line in lines] == [row[2] for row in wanted for _ in range(row[4])]
            assert pages[0].opening_minor == before
            after_entry = dict(zip([row[2] for row in shown], accumulate(row[3] for row in shown), strict=True))
            for entry_id, group in groupby(lines, key=lambda line: line.entry.id):
                (*_, last) = group
                assert last.balance_minor == before + after_entry[entry_id]
            if source is None:
                assert pages[-1].closing_minor == before + sum(row[3] for row in shown)
                assert all(page.closing_minor == later.opening_minor for page, later in pairwise(pages))


def pages_of(key, **options):
    """Every page, each begun where the one before ended."""
    after = None
    while True:
        page = queries.statement(account=key, after=after, **options)
        yield page
        if page.is_complete:
            return
        after = page.lines[-1].entry.id


@pytest.mark.django_db
class TestGeneralLedger:
    def test_runs_through_every_account_as_the_statements_do(self):
        for day, currency in enumerate(("XOF", "EUR", "XOF", "XOF")):
            at = AT + timedelta(days=day)
            operations.post(draft=sale(happened_at=at, currency=currency, wallet=f"w{day % 3}"), at=at)
        since, until = AT + timedelta(days=1), AT + timedelta(days=3)
        rows = [
            (balance, tuple(lines))
            for balance, lines in queries.general_ledger(entity="coko-sn", since=since, until=until)
        ]
        assert [row for row, _ in rows] == list(queries.trial_balance(entity="coko-sn", since=since, until=until))
        assert any(not lines and row.opening_minor for row, lines in rows)
        for row, lines in rows:
            own = queries.statement(account=row.account, since=since, until=until)
            assert lines == own.lines
            assert (lines[-1].balance_minor if lines else row.opening_minor) == row.closing_minor
        assert list(queries.general_ledger(entity="nobody", since=since, until=until)) == []
        assert queries.entities() == ("coko-sn",)

    def test_shows_what_was_known(self):
        operations.post(draft=sale(happened_at=AT), at=AT)
        operations.post(draft=sale(happened_at=AT), at=AT + timedelta(days=2))
        stretch = {"entity": "coko-sn", "since": AT, "until": AT + timedelta(days=1), "known_at": AT}
        counted = [len(list(lines)) for _, lines in queries.general_ledger(**stretch)]
        assert counted == [1] * 4
        assert len(list(queries.journal(**stretch))) == 1


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

    def test_an_entry_shows_its_place_in_the_sealed_day(self):
        entries = [posted(at=AT + timedelta(minutes=n)) for n in range(5)]
        with pytest.raises(queries.NoSuchSeal):
            queries.proof(entries[0].id)
        (seal,) = operations.seal_days(at=AT + timedelta(days=1))
        for position, entry in enumerate(entries):
            proof = queries.proof(entry.id)
            assert (proof.seal, proof.position) == (seal, position)
            leaf = seals.leaf_hash(proof.record)
            assert seals.root_from_proof(leaf=leaf, position=position, size=5, path=proof.path) == seal.root
        with pytest.raises(queries.NoSuchEntry):
            queries.proof("jrn_00000000000000000000000000")

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
