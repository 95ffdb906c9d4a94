"""A payment nobody can tell of, decided by two people: booked once, never against the provider's word."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

import billing.invoices.queries as invoices
import billing.ledger.queries as ledger
from billing.ledger import verification
from billing.ledger.draft import AccountKey
from billing.outbox import operations as outbox
from billing.outbox import queries as outbox_queries
from billing.payments import ledger_checks, operations, outcome, queries
from billing.payments.facts import Outcome, PaymentFact
from billing.payments.outcome import Attempt
from billing.payments.states import State
from tests.factories.billing import open_invoice, reference_world
from tests.factories.payments import answer, apply, start

pytestmark = pytest.mark.django_db(transaction=True)
MAKER, CHECKER, OTHER = "usr_maker", "usr_checker", "usr_other"


@pytest.fixture(autouse=True)
def _world(at, wave):
    reference_world(at=at)
    yield
    assert [*verification.differences(), *ledger_checks.differences()] == []


def in_review(at, **changed) -> PaymentFact:
    """Nobody has answered for a week."""
    payment = start(at=at, **changed)
    payment = apply(payment, answer(Outcome.UNKNOWN, amount_minor=None), at=at + timedelta(days=8))
    assert (payment.state, payment.flags) == ("needs_review", ("no_answer",))
    return payment


@pytest.fixture
def payment(at) -> PaymentFact:
    return in_review(at)


@pytest.fixture
def silent(wave) -> None:
    """The provider does not answer any more."""
    wave.fault("get_session", "error", times=50)


def propose(payment: PaymentFact, at, **changed):
    said = {"was_paid": True, "proof": "T_WAVE_77", "reason": "vu au relevé du 9", "by": MAKER, **changed}
    return operations.propose_decision(payment_ref=payment.id, at=at, **said)


def confirm(decision, at, by=CHECKER) -> PaymentFact:
    return operations.confirm_decision(decision_ref=decision.id, by=by, at=at)


def sales() -> int:
    return ledger.balance(AccountKey("coko-sn", "7065", "XOF"))


def state(payment: PaymentFact) -> str:
    return queries.payment(payment.id).state


@pytest.mark.usefixtures("silent")
class TestPaid:
    def test_settles_as_if_the_provider_had_said_so(self, payment, at):
        outbox.add_endpoint(owner_ref="web", url="http://127.0.0.1:1/", at=at)
        decision = propose(payment, at)
        assert (decision.state, state(payment), sales()) == ("proposed", "needs_review", 0)
        settled = confirm(decision, at)
        assert (settled.state, settled.settled_at, settled.transaction_ref) == ("succeeded", at, "T_WAVE_77")
        invoice = invoices.invoice(payment.invoice_ref)
        assert (invoice.state, invoice.payment_ref) == ("paid", payment.id)
        assert sales() == -1271
        assert {"payment.succeeded", "invoice.paid"} <= {one.kind for one in outbox_queries.events(owner_ref="web")}
        (decided,) = queries.decisions_of(payment.id)
        assert (decided.state, decided.decided_by) == ("confirmed", CHECKER)

    def test_says_who_did_what_and_why(self, payment, at):
        confirm(propose(payment, at), at)
        told = [(event.state, event.source, event.by, event.note) for event in queries.events(payment.id)][-2:]
        said = "T_WAVE_77 · vu au relevé du 9"
        assert told == [("needs_review", "proposed", MAKER, said), ("succeeded", "review", CHECKER, said)]

    def test_is_booked_once_however_often_anybody_says_so(self, payment, at):
        decision = propose(payment, at)
        assert propose(payment, at) == decision
        assert confirm(decision, at) == confirm(decision, at)
        for _ in range(2):
            apply(payment, answer(Outcome.SUCCEEDED, transaction_ref="T_WAVE_77"), at=at, source="notification")
        assert (state(payment), sales()) == ("succeeded", -1271)
        assert len(ledger.entries_by_key([f"payment:{payment.id}:captured"])) == 1
        assert [event.source for event in queries.events(payment.id)].count("review") == 1

    def test_confirmed_by_two_at_once_is_booked_once(self, payment, at):
        decision = propose(payment, at)

        def one(by: str) -> str:
            try:
                return confirm(decision, at, by=by).state
            except operations.NothingToDecide:
                return "too late"
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            ends = sorted(pool.map(one, [CHECKER, OTHER, "usr_third", "usr_fourth"]))
        assert ends == ["succeeded", "too late", "too late", "too late"]
        assert sales() == -1271

    def test_of_an_invoice_that_another_attempt_has_paid_is_owed_back(self, payment, at):
        second = start(at=at, invoice=invoices.invoice(payment.invoice_ref))
        apply(second, answer(Outcome.SUCCEEDED, transaction_ref="T_2"), at=at)
        settled = confirm(propose(payment, at), at)
        assert (settled.state, settled.flags) == ("succeeded", ("duplicate", "no_answer"))
        assert ledger.balance(AccountKey("coko-sn", "4198", "XOF", payment.id)) == -1500

    def test_is_not_proved_by_a_movement_of_another_payment(self, payment, at):
        other = apply(start(at=at), answer(Outcome.SUCCEEDED, transaction_ref="T_1"), at=at)
        for proof in ("T_1", other.provider_ref):
            with pytest.raises(operations.ProofTaken):
                propose(payment, at, proof=proof)

    def test_is_not_proved_by_what_proves_another_decision(self, payment, at):
        propose(payment, at)
        with pytest.raises(operations.ProofTaken):
            propose(in_review(at), at)

    def test_whose_movement_is_taken_meanwhile_changes_nothing(self, payment, at):
        decision = propose(payment, at)
        apply(start(at=at), answer(Outcome.SUCCEEDED, transaction_ref="T_WAVE_77"), at=at)
        with pytest.raises(operations.ProofTaken):
            confirm(decision, at)
        assert (state(payment), queries.decision(decision.id).state) == ("needs_review", "proposed")


@pytest.mark.usefixtures("silent")
class TestNotPaid:
    def test_fails_with_the_reason_and_leaves_the_invoice_to_be_paid(self, payment, at):
        ended = confirm(propose(payment, at, was_paid=False, proof="ticket 881", reason="rien au relevé"), at)
        assert (ended.state, ended.failure_reason, ended.settled_at) == ("failed", "unspecified", None)
        assert queries.events(payment.id)[-1].note == "ticket 881 · rien au relevé"
        assert (invoices.invoice(payment.invoice_ref).state, sales()) == ("open", 0)

    def test_that_was_paid_after_all_is_booked_once_all_the_same(self, payment, at):
        confirm(propose(payment, at, was_paid=False), at)
        for _ in range(2):
            apply(payment, answer(Outcome.SUCCEEDED), at=at, source="notification")
        assert (queries.payment(payment.id).flags, sales()) == (("late_success", "no_answer"), -1271)


@pytest.mark.usefixtures("silent")
class TestProposal:
    def test_takes_a_reason_and_a_proof(self, payment, at):
        with pytest.raises(operations.ReasonMissing):
            propose(payment, at, reason=" ")
        for proof in (" ", "x" * 121):
            with pytest.raises(operations.ProofMissing):
                propose(payment, at, proof=proof)

    def test_is_not_confirmed_by_who_made_it(self, payment, at):
        with pytest.raises(operations.AnotherPersonNeeded):
            confirm(propose(payment, at), at, by=MAKER)
        assert state(payment) == "needs_review"

    def test_waits_alone(self, payment, at):
        propose(payment, at)
        with pytest.raises(operations.AlreadyProposed):
            propose(payment, at, was_paid=False, by=OTHER)

    def test_is_withdrawn_with_a_reason_and_makes_room_for_another(self, payment, at):
        decision = propose(payment, at)
        with pytest.raises(operations.ReasonMissing):
            operations.withdraw_decision(decision_ref=decision.id, why=" ", by=MAKER, at=at)
        operations.withdraw_decision(decision_ref=decision.id, why="mauvaise ligne", by=MAKER, at=at)
        with pytest.raises(operations.NothingToDecide):
            operations.withdraw_decision(decision_ref=decision.id, why="encore", by=MAKER, at=at)
        with pytest.raises(operations.NothingToDecide):
            confirm(decision, at)
        assert confirm(propose(payment, at, was_paid=False), at).state == "failed"

    def test_is_for_payments_in_review_without_money_only(self, at):
        apart = apply(start(at=at), answer(Outcome.SUCCEEDED, amount_minor=900), at=at)
        for payment in (start(at=at), apart):
            assert not queries.may_be_decided(payment)
            with pytest.raises(operations.NothingToDecide):
                propose(payment, at)

    def test_has_nothing_to_decide_once_the_provider_has_told(self, payment, at):
        decision = propose(payment, at)
        apply(payment, answer(Outcome.FAILED, amount_minor=None), at=at, source="notification")
        assert queries.decision(decision.id).state == "overtaken"
        assert queries.proposed_decisions() == ()
        with pytest.raises(operations.NothingToDecide):
            confirm(decision, at)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE payments_paymentdecision SET proof = 'T_9'",
            "UPDATE payments_paymentdecision SET state = 'confirmed', decided_by = proposed_by, decided_at = now()",
            "DELETE FROM payments_paymentdecision",
        ],
    )
    def test_is_kept_as_it_was_made(self, payment, at, change):
        propose(payment, at)
        with (
            pytest.raises(DatabaseError, match=r"payments:|payment_decision_takes_two"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)


class TestTheProvidersLastWord:
    """Asked once more before each step."""

    def test_ends_the_payment_where_there_is_one(self, payment, at, wave):
        wave.approve(payment.provider_ref)
        with pytest.raises(operations.ProviderAnswered):
            propose(payment, at, was_paid=False)
        assert (state(payment), sales(), queries.decisions_of(payment.id)) == ("succeeded", -1271, ())

    def test_is_heard_before_the_confirmation(self, payment, at, wave):
        wave.fault("get_session", "error")
        decision = propose(payment, at, was_paid=False)
        wave.approve(payment.provider_ref)
        with pytest.raises(operations.ProviderAnswered):
            confirm(decision, at)
        assert (state(payment), queries.decision(decision.id).state) == ("succeeded", "overtaken")

    @pytest.mark.parametrize("was_paid", [True, False])
    def test_refuses_the_decision_where_it_is_another(self, payment, at, wave, was_paid):
        with pytest.raises(operations.ProviderDisagrees):
            propose(payment, at, was_paid=was_paid)
        wave.fault("get_session", "error")
        decision = propose(payment, at, was_paid=was_paid)
        with pytest.raises(operations.ProviderDisagrees):  # it can still be paid there
            confirm(decision, at)
        assert (state(payment), queries.decision(decision.id).state) == ("needs_review", "proposed")

    @pytest.mark.parametrize(
        ("said", "against_paid", "against_not_paid"),
        [
            (answer(Outcome.PENDING), True, True),
            (answer(Outcome.SUCCEEDED, amount_minor=None), False, True),
            (answer(Outcome.SUCCEEDED, amount_minor=None, client_reference="pay_other"), False, False),
            (answer(Outcome.UNKNOWN, amount_minor=None), False, False),
            (answer(Outcome.NOT_FOUND, amount_minor=None), False, False),
        ],
    )
    def test_is_weighed(self, at, said, against_paid, against_not_paid):
        attempt = Attempt("pay_1", State.NEEDS_REVIEW, 1500, "XOF", False, at, None, 0)
        assert outcome.contradicts(attempt, said, was_paid=True) is against_paid
        assert outcome.contradicts(attempt, said, was_paid=False) is against_not_paid

    def test_of_another_payment_stops_nobody(self, at, wave):
        """Its session belongs to another payment, which is paid: that says nothing of this one."""
        first = start(at=at)
        second = start(at=at, invoice=open_invoice(at=at))
        second = apply(second, answer(Outcome.SUCCEEDED, provider_ref=first.provider_ref), at=at)
        assert second.flags == ("provider_ref_taken",)
        wave.fault("get_session", "error")
        decision = propose(second, at, was_paid=False)
        wave.fault("get_session", "error")
        assert confirm(decision, at).state == "failed"
