"""Refunds against the simulated Wave: given back once, the ledger reversed to the franc, part by part."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

import billing.invoices.queries as invoices
import billing.ledger.queries as ledger
import billing.payouts.operations as payouts
from billing.ledger import verification
from billing.ledger.draft import AccountKey
from billing.payments import operations as payments
from billing.payments.facts import Outcome as PaymentOutcome
from billing.refunds import ledger_checks, operations, queries
from billing.refunds.facts import Outcome, RefundAnswer
from tests.factories import payments as attempts
from tests.factories.billing import reference_world
from tests.factories.payouts import CHECKER, MAKER, switch_route

pytestmark = pytest.mark.django_db(transaction=True)

BY = "usr_operator"


def account(code: str, holder: str = "") -> AccountKey:
    return AccountKey("coko-sn", code, "XOF", holder)


def balances() -> dict[str, int]:
    names = {
        "wallet": account("552", "wave:SN"),
        "fees": account("6317"),
        "sales": account("7065"),
        "tax": account("4432"),
    }
    return {name: ledger.balance(key) for name, key in names.items()}


def paid(wave, at):
    payment = attempts.start(at=at)
    wave.approve(payment.provider_ref)
    return payments.refresh(payment_ref=payment.id, source="poll", at=at)


def give_back(payment, at, amount_minor=None):
    return operations.request(payment_ref=payment.id, amount_minor=amount_minor, reason="livre illisible", by=BY, at=at)


@pytest.fixture(autouse=True)
def _world(at):
    reference_world(at=at)
    yield
    assert [*verification.differences(), *ledger_checks.differences()] == []


class TestRequest:
    def test_gives_everything_back_with_the_fee(self, wave, at):
        payment = paid(wave, at)
        before = len(wave.movements())
        refund = give_back(payment, at)
        assert (refund.state, refund.way, refund.amount_minor) == ("succeeded", "operation", 1500)
        assert balances() == {"wallet": 0, "fees": 0, "sales": 0, "tax": 0}
        assert [movement["amount"] for movement in wave.movements()[before:]] == ["-1500"]
        (note,) = invoices.credit_notes_of(payment.invoice_ref)
        assert (note.source_ref, note.net_minor, note.tax_minor) == (refund.id, 1271, 229)

    def test_wants_a_reason_and_a_payment_that_brought_money(self, wave, at):
        with pytest.raises(operations.ReasonMissing):
            operations.request(payment_ref="pay_x", amount_minor=None, reason=" ", by=BY, at=at)
        with pytest.raises(operations.NothingCaptured):
            give_back(attempts.start(at=at), at)

    def test_never_gives_back_more_than_came(self, wave, at):
        payment = paid(wave, at)
        for amount in (1501, 0, -5):
            with pytest.raises(operations.MoreThanCaptured):
                give_back(payment, at, amount)
        give_back(payment, at)
        with pytest.raises(operations.MoreThanCaptured) as refused:
            give_back(payment, at, 1)
        assert refused.value.left_minor == 0

    def test_asked_by_several_at_once_gives_back_once(self, wave, at):
        payment = paid(wave, at)

        def ask(_: int) -> str:
            try:
                return give_back(payment, at).state
            except operations.MoreThanCaptured:
                return "refused"
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            ends = sorted(pool.map(ask, range(4)))
        assert ends == ["refused", "refused", "refused", "succeeded"]
        assert balances()["wallet"] == 0

    def test_survives_an_answer_that_was_lost(self, wave, at):
        payment = paid(wave, at)
        wave.fault("refund_session", "drop", work_done=True)
        refund = give_back(payment, at)
        assert refund.state == "unknown"
        assert operations.refresh(refund_ref=refund.id, source="poll", at=at).state == "succeeded"
        assert balances() == {"wallet": 0, "fees": 0, "sales": 0, "tax": 0}

    def test_makes_the_sale_stand_again_when_it_fails(self, wave, at):
        payment = paid(wave, at)
        before = balances()
        wave.fault("refund_session", "error", status=400)
        wave.fault("get_session", "rewrite", fields={"payment_status": "cancelled"}, times=2)
        refund = give_back(payment, at)
        assert refund.state in ("failed", "unknown")
        if refund.state == "unknown":
            operations.apply_answer(refund_ref=refund.id, answer=RefundAnswer(Outcome.FAILED), source="poll", at=at)
        assert balances() == before
        assert give_back(payment, at).state == "succeeded", "the whole may be asked for again"

    def test_of_money_that_came_twice_touches_no_sale(self, wave, at):
        first = attempts.start(at=at)
        attempts.apply(first, attempts.answer(PaymentOutcome.EXPIRED), at=at)
        invoice = invoices.invoice(first.invoice_ref)
        second = attempts.start(at=at, invoice=invoice)
        for payment in (first, second):
            wave.approve(payment.provider_ref)
            payments.refresh(payment_ref=payment.id, source="poll", at=at)
        sales = balances()["sales"]
        refund = give_back(second, at)
        assert (refund.state, refund.net_minor) == ("succeeded", 0)
        assert invoices.credit_notes_of(second.invoice_ref) == ()
        assert balances()["sales"] == sales
        assert ledger.balance(account("4198", second.id)) == 0


class TestByPayout:
    def test_a_part_goes_through_two_people(self, wave, at):
        payment = paid(wave, at)
        refund = give_back(payment, at, 500)
        assert (refund.state, refund.way, refund.net_minor, refund.tax_minor) == ("granted", "payout", 424, 76)
        batch = operations.prepare_payouts(by=MAKER, at=at)
        assert [(payout.key, payout.amount_minor) for payout in batch.payouts] == [(f"refund:{refund.id}", 500)]
        payouts.approve(batch_ref=batch.id, by=CHECKER, at=at)
        while payouts.send_one(at=at):
            pass
        assert operations.follow_payouts(at=at) == 1
        assert queries.refund(refund.id).state == "succeeded"
        assert balances()["sales"] == -1271 + 424
        (note,) = invoices.credit_notes_of(payment.invoice_ref)
        assert (note.net_minor, note.tax_minor, note.number) == (424, 76, "SN-AV-2026-000001")

    def test_rejected_makes_the_sale_stand_again(self, wave, at):
        payment = paid(wave, at)
        before = balances()
        refund = give_back(payment, at, 500)
        batch = operations.prepare_payouts(by=MAKER, at=at)
        payouts.reject(batch_ref=batch.id, by=CHECKER, reason="doublon", at=at)
        operations.follow_payouts(at=at)
        assert queries.refund(refund.id).state == "failed"
        assert balances() == before
        assert invoices.credit_notes_of(payment.invoice_ref) == ()


class TestRefusedByTheBatch:
    @pytest.fixture
    def refund(self, wave, at):
        refund = give_back(paid(wave, at), at, 500)
        switch_route(enabled=False, at=at)
        return refund

    def test_is_told_with_the_rule_and_left_out_of_the_next_one(self, refund, at):
        batch = operations.prepare_payouts(by=MAKER, at=at)
        assert (batch.state, batch.payouts) == ("rejected", ()), "an empty batch waits for nobody"
        assert [(one.id, one.refused_rule) for one in queries.refused_by_batch()] == [(refund.id, "no_route")]
        assert (queries.waiting_for_payout(), operations.prepare_payouts(by=MAKER, at=at)) == ((), None)
        last = queries.events(refund.id)[-1]
        assert (last.state, last.source, last.by) == ("granted", "payout", MAKER)
        assert last.note.startswith("no_route: ")

    def test_goes_with_the_next_one_once_that_is_put_right(self, wave, refund, at):
        operations.prepare_payouts(by=MAKER, at=at)
        later = at + timedelta(days=1)
        switch_route(enabled=True, at=later)
        assert operations.try_payout_again(refund_ref=refund.id, by=MAKER, at=later).refused_rule is None
        with pytest.raises(operations.NothingToPrepare):
            operations.try_payout_again(refund_ref=refund.id, by=MAKER, at=later)
        batch = operations.prepare_payouts(by=MAKER, at=later)
        payouts.approve(batch_ref=batch.id, by=CHECKER, at=later)
        while payouts.send_one(at=later):
            pass
        operations.follow_payouts(at=later)
        assert queries.refund(refund.id).state == "succeeded"

    def test_does_not_keep_the_others_out(self, wave, at):
        kept_out = give_back(paid(wave, at), at, 500)
        switch_route(enabled=False, at=at)
        operations.prepare_payouts(by=MAKER, at=at)
        later = at + timedelta(days=1)
        switch_route(enabled=True, at=later)
        good = give_back(paid(wave, later), later, 300)
        batch = operations.prepare_payouts(by=MAKER, at=later)
        assert ([one.source_ref for one in batch.payouts], batch.state) == ([good.id], "prepared")
        assert [one.id for one in queries.refused_by_batch()] == [kept_out.id]

    @pytest.mark.parametrize("refused_first", [True, False])
    def test_is_given_up_with_a_reason_and_the_sale_stands_again(self, wave, at, refused_first):
        payment = paid(wave, at)
        before = balances()
        refund = give_back(payment, at, 500)
        if refused_first:
            switch_route(enabled=False, at=at)
            operations.prepare_payouts(by=MAKER, at=at)
        with pytest.raises(operations.ReasonMissing):
            operations.withdraw(refund_ref=refund.id, reason=" ", by=MAKER, at=at)
        gone = operations.withdraw(refund_ref=refund.id, reason="rendu en espèces", by=MAKER, at=at)
        assert (gone.state, gone.failure_reason) == ("failed", "cancelled")
        assert balances() == before
        assert (queries.refused_by_batch(), queries.waiting_for_payout()) == ((), ())
        with pytest.raises(operations.NothingToPrepare):
            operations.withdraw(refund_ref=refund.id, reason="encore", by=MAKER, at=at)
        assert give_back(payment, at, 500).state == "granted", "it may be granted anew"

    def test_is_not_given_up_once_it_is_in_a_batch(self, wave, at):
        refund = give_back(paid(wave, at), at, 500)
        operations.prepare_payouts(by=MAKER, at=at)
        with pytest.raises(operations.NothingToPrepare):
            operations.withdraw(refund_ref=refund.id, reason="trop tard", by=MAKER, at=at)

    def test_given_up_and_prepared_at_once_ends_in_one_way(self, wave, at):
        refund = give_back(paid(wave, at), at, 500)

        def give_up() -> str:
            try:
                return operations.withdraw(refund_ref=refund.id, reason="rendu", by=MAKER, at=at).state
            except operations.NothingToPrepare:
                return "refused"
            finally:
                connection.close()

        def prepare() -> int:
            try:
                batch = operations.prepare_payouts(by=MAKER, at=at)
                return len(batch.payouts) if batch else 0
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            withdrawn, prepared = pool.submit(give_up), pool.submit(prepare)
        ends = (withdrawn.result(), prepared.result(), queries.refund(refund.id).state)
        assert ends in {("failed", 0, "failed"), ("refused", 1, "paying_out")}


class TestDisputes:
    def test_are_recorded_one_at_a_time(self, wave, at):
        payment = paid(wave, at)
        words = {"amount_minor": None, "reason": "le payeur dit ne pas savoir", "by": BY, "at": at}
        dispute = operations.open_dispute(payment_ref=payment.id, **words)
        with pytest.raises(operations.DisputeOpen):
            operations.open_dispute(payment_ref=payment.id, **words)
        closed = operations.close_dispute(dispute_ref=dispute.id, was_won=False, note="rendu", by=BY, at=at)
        assert (closed.state, queries.open_disputes()) == ("lost", ())


class TestTables:
    @pytest.mark.parametrize(
        "change",
        ["UPDATE refunds_refund SET amount_minor = 1", "DELETE FROM refunds_refund", "DELETE FROM refunds_refundevent"],
    )
    def test_keep_what_was_granted(self, wave, at, change):
        give_back(paid(wave, at), at)
        with pytest.raises(DatabaseError, match="refunds:"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
