"""Payouts: two people, held before sent, paid once, back in the balance when they fail."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

import billing.ledger.queries as ledger
from billing.ledger import verification
from billing.ledger.draft import AccountKey
from billing.ledger.refusals import LimitExceeded
from billing.payouts import gateway, ledger_checks, operations, queries
from billing.payouts.facts import Outcome
from tests.factories.payouts import CHECKER, MAKER, answer, apply, approved, asked, owe, owed, prepared

pytestmark = pytest.mark.django_db

WALLETS = (("wave", "SN"), ("mtn", "CI"), ("moov", "BJ"), ("orange_sonatel", "SN"), ("orange_core", "CM"))
WALLET = AccountKey("coko-sn", "552", "XOF", "wave:SN")
FEES = AccountKey("coko-sn", "6317", "XOF")


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    if connection.connection is not None and not connection.needs_rollback:
        assert [*verification.differences(), *ledger_checks.differences()] == []


def available(account=None) -> int | None:
    return ledger.available(account or owed()).available_minor


class TestPrepare:
    def test_holds_and_sends_nothing(self, at):
        owe(5000, at=at)
        batch = prepared(at=at)
        assert [(payout.state, payout.amount_minor) for payout in batch.payouts] == [("prepared", 5000)]
        assert available() == 5000
        assert not operations.send_one(at=at)

    def test_says_why_something_cannot_be_paid(self, at):
        owe(5000, at=at)
        refused = [
            asked(key="too much", amount_minor=5001),
            asked(key="no wallet", provider="tide"),
            asked(key="no country", market="FR"),
            asked(key="no company", account=AccountKey("coko-ci", "4011", "XOF", "pye_1"), amount_minor=1),
        ]
        batch = prepared(asked(key="fits", amount_minor=5000), *refused, at=at)
        assert [payout.key for payout in batch.payouts] == ["fits"]
        rules = {refusal.key: refusal.rule for refusal in batch.refusals}
        elsewhere = dict.fromkeys(("no wallet", "no country", "no company"), "no_route")
        assert rules == {"too much": "not_covered", **elsewhere}

    def test_counts_what_the_same_batch_takes_already(self, at):
        owe(5000, at=at)
        batch = prepared(asked(3000, key="first"), asked(3000, key="second"), at=at)
        assert [refusal.key for refusal in batch.refusals] == ["second"]

    def test_asked_twice_is_one_payout(self, at):
        owe(5000, at=at)
        prepared(asked(2000), at=at)
        again = prepared(asked(2000), at=at)
        assert (again.payouts, [refusal.rule for refusal in again.refusals]) == ((), ["already_asked"])


class TestApprove:
    def test_takes_another_person(self, at):
        owe(5000, at=at)
        batch = prepared(at=at)
        with pytest.raises(operations.AnotherPersonNeeded):
            operations.approve(batch_ref=batch.id, by=MAKER, at=at)
        assert queries.batch(batch.id).state == "prepared"

    def test_promises_the_money_once(self, at):
        owe(5000, at=at)
        first, second = prepared(asked(key="a"), at=at), prepared(asked(key="b"), at=at)
        operations.approve(batch_ref=first.id, by=CHECKER, at=at)
        assert available() == 0
        with pytest.raises(LimitExceeded) as refusal, transaction.atomic():
            operations.approve(batch_ref=second.id, by=CHECKER, at=at)
        assert refusal.value.account == owed()
        assert queries.batch(second.id).state == "prepared"

    def test_is_decided_once(self, at):
        owe(5000, at=at)
        batch = prepared(at=at)
        operations.approve(batch_ref=batch.id, by=CHECKER, at=at)
        with pytest.raises(operations.AlreadyDecided):
            operations.reject(batch_ref=batch.id, by=CHECKER, reason="trop tard", at=at)

    def test_leaves_the_names_of_both(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        assert [(event.source, event.by) for event in queries.events(payout.id)] == [
            ("prepared", MAKER),
            ("approved", CHECKER),
        ]


class TestReject:
    def test_sends_none_and_frees_the_key(self, at):
        owe(5000, at=at)
        batch = prepared(at=at)
        with pytest.raises(operations.ReasonMissing):
            operations.reject(batch_ref=batch.id, by=CHECKER, reason=" ", at=at)
        operations.reject(batch_ref=batch.id, by=CHECKER, reason="mauvais mois", at=at)
        assert not operations.send_one(at=at)
        assert prepared(at=at).payouts


class TestApplyAnswer:
    def test_books_what_arrived_and_the_fee_on_top(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        paid = apply(payout, answer(Outcome.SUCCEEDED, amount_minor=5000, fee_minor=50), at=at)
        assert (paid.state, paid.fee_minor) == ("succeeded", 50)
        assert [ledger.balance(account) for account in (owed(), WALLET, FEES)] == [0, -5050, 50]
        assert ledger.open_holds(owed()) == ()

    def test_said_twice_is_booked_once(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        for _ in range(2):
            apply(payout, answer(Outcome.SUCCEEDED, amount_minor=5000), at=at)
        assert ledger.balance(WALLET) == -5050

    def test_gives_back_to_the_balance_what_failed(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        failed = apply(payout, answer(Outcome.FAILED, failure_reason="payee_not_found"), at=at)
        assert (failed.state, failed.failure_reason, available()) == ("failed", "payee_not_found", 5000)
        assert prepared(at=at).payouts, "the same may be asked for again"

    def test_books_what_was_paid_after_it_had_failed(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        apply(payout, answer(Outcome.FAILED), at=at)
        paid = apply(payout, answer(Outcome.SUCCEEDED), at=at)
        assert (paid.state, paid.flags, ledger.balance(owed())) == ("succeeded", ("late_success",), 0)

    def test_never_loses_money_that_left_when_it_was_owed_no_more(self, at):
        owe(5000, at=at)
        (first,) = approved(at=at)
        apply(first, answer(Outcome.FAILED), at=at)
        (second,) = approved(at=at)
        apply(second, answer(Outcome.SUCCEEDED), at=at)
        apply(first, answer(Outcome.SUCCEEDED), at=at)
        suspense = AccountKey("coko-sn", "4712", "XOF", first.id)
        assert (ledger.balance(owed()), ledger.balance(suspense)) == (0, 5000)

    def test_takes_back_what_came_back_with_its_fee(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        apply(payout, answer(Outcome.SUCCEEDED, fee_minor=50), at=at)
        back = apply(payout, answer(Outcome.REVERSED), at=at)
        assert back.state == "reversed"
        assert [ledger.balance(account) for account in (WALLET, FEES)] == [0, 0]
        assert available() == 5000

    def test_after_silence_to_the_end_calls_a_person_and_stays_held(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        apply(payout, answer(Outcome.UNKNOWN), at=at)
        late = apply(payout, answer(Outcome.UNKNOWN), at=at + timedelta(days=120))
        assert (late.state, late.flags, available()) == ("needs_review", ("no_answer",), 0)


class TestDecide:
    @pytest.mark.parametrize(("was_paid", "state", "left"), [(True, "succeeded", 0), (False, "failed", 5000)])
    def test_ends_what_nobody_could_tell(self, at, was_paid, state, left):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        apply(payout, answer(Outcome.SUCCEEDED, amount_minor=1), at=at)
        with pytest.raises(operations.ReasonMissing):
            operations.decide(payout_ref=payout.id, was_paid=was_paid, reason="", by=CHECKER, at=at)
        said = "selon le relevé du 3"
        ended = operations.decide(payout_ref=payout.id, was_paid=was_paid, reason=said, by=CHECKER, at=at)
        assert (ended.state, available()) == (state, left)
        assert queries.events(payout.id)[-1].by == CHECKER

    def test_is_not_for_what_is_under_way(self, at):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        with pytest.raises(operations.NothingToDecide):
            operations.decide(payout_ref=payout.id, was_paid=True, reason="si", by=CHECKER, at=at)


class TestTables:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE payouts_payout SET amount_minor = 1",
            "UPDATE payouts_payout SET payee_name = 'Autre'",
            "DELETE FROM payouts_payout",
            "UPDATE payouts_payoutbatch SET decided_by = 'usr_x'",
            "UPDATE payouts_payoutevent SET note = 'x'",
        ],
    )
    def test_keep_what_was_approved(self, at, change):
        from django.db import DatabaseError

        owe(5000, at=at)
        approved(at=at)
        with pytest.raises(DatabaseError, match="payouts:"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


class TestWallet:
    def test_may_be_asked_again_only_where_the_same_is_paid_once(self):
        again = {name: gateway.wallet(name, market).may_be_sent_again for name, market in WALLETS}
        assert again == {"wave": True, "mtn": True, "moov": False, "orange_sonatel": False, "orange_core": False}
