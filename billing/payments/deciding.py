"""A payment in review that two people decide about: what one proposes, and what it does once another confirms it.

Inside a transaction of `operations`, with the payment's row locked. A person's word goes the way of a provider's answer
(`recording`), so that it books, tells and remembers the same.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from billing.ids import new_id
from billing.payments import recording
from billing.payments.facts import DecisionFact, Outcome, ProviderAnswer
from billing.payments.models import PaymentDecision, PaymentTransaction
from billing.payments.states import DecisionState, State

PROOF_MAX = 120


class NothingToDecide(Exception):
    """The payment does not wait for a person, or the proposal was decided before."""


class ReasonMissing(Exception):
    """A decision takes a reason."""


class ProofMissing(Exception):
    """A decision takes the provider's reference: of the movement, or of its reply."""


class ProofTaken(Exception):
    """That movement of the provider's belongs to another payment."""


class AlreadyProposed(Exception):
    """Another proposal waits: confirm or withdraw that one."""


class AnotherPersonNeeded(Exception):
    """Who proposed does not confirm."""


class ProviderDisagrees(Exception):
    """Asked once more, the provider says something else. Nothing was decided."""


class ProviderAnswered(Exception):
    """Asked once more, the provider has told: the payment has ended as it says."""


def must_wait(payment: PaymentTransaction) -> None:
    """
    :raises NothingToDecide: it waits for nobody, or its money is booked: that is given back, not decided about.
    """
    if payment.state != State.NEEDS_REVIEW or payment.entry_ref:
        raise NothingToDecide(f"{payment.id} is {payment.state}")


def must_be_founded(*, proof: str, reason: str) -> None:
    """
    :raises ReasonMissing: no reason was given.
    :raises ProofMissing: no reference of the provider's was given, or none that could be one.
    """
    if not reason.strip():
        raise ReasonMissing
    if not 0 < len(proof.strip()) <= PROOF_MAX:
        raise ProofMissing


def propose(
    payment: PaymentTransaction, *, was_paid: bool, proof: str, reason: str, by: str, at: datetime
) -> DecisionFact:
    """Keep the proposal; the same from the same person again is the one that waits.

    :raises NothingToDecide: the payment has found its end meanwhile.
    :raises AlreadyProposed: another proposal waits.
    :raises ProofTaken: that movement belongs to another payment.
    """
    must_wait(payment)
    proof, reason = proof.strip(), reason.strip()
    waiting = PaymentDecision.objects.filter(payment=payment, state=DecisionState.PROPOSED).first()
    if waiting is not None:
        if (waiting.was_paid, waiting.proof, waiting.reason, waiting.proposed_by) == (was_paid, proof, reason, by):
            return waiting.as_fact()
        raise AlreadyProposed(waiting.id)
    if was_paid:
        _must_be_free(payment, proof)
    decision = PaymentDecision(
        id=new_id("dec", at),
        payment=payment,
        provider=payment.provider,
        market=payment.market,
        was_paid=was_paid,
        proof=proof,
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )
    try:
        with transaction.atomic():
            decision.save(force_insert=True)
    except IntegrityError:
        raise ProofTaken(proof) from None  # by another payment's decision: ours is locked
    recording.remember(payment, source="proposed", note=_said(decision), at=at, by=by)
    return decision.as_fact()


def confirm(payment: PaymentTransaction, decision_ref: str, *, by: str, at: datetime) -> bool:
    """End the payment as was proposed; whether money was booked.

    :raises NothingToDecide: the proposal was decided before.
    :raises ProofTaken: another payment has taken that movement meanwhile; nothing was decided.
    """
    decision = _undecided(decision_ref)
    must_wait(payment)
    _close(decision, DecisionState.CONFIRMED, by=by, at=at)
    booked = recording.record(payment, _answer(payment, decision), source="review", at=at, by=by, why=_said(decision))
    if payment.state != (State.SUCCEEDED if decision.was_paid else State.FAILED):
        raise ProofTaken(decision.proof)
    return booked


def withdraw(payment: PaymentTransaction, decision_ref: str, *, why: str, by: str, at: datetime) -> None:
    """Take the proposal off the table; the payment waits on.

    :raises NothingToDecide: it was decided before.
    """
    _close(_undecided(decision_ref), DecisionState.WITHDRAWN, by=by, at=at, why=why.strip())
    recording.remember(payment, source="withdrawn", note=why.strip(), at=at, by=by)


def _undecided(decision_ref: str) -> PaymentDecision:
    decision = PaymentDecision.objects.select_for_update().get(pk=decision_ref)
    if decision.state != DecisionState.PROPOSED:
        raise NothingToDecide(f"{decision_ref} is {decision.state}")
    return decision


def _close(decision: PaymentDecision, state: DecisionState, *, by: str, at: datetime, why: str = "") -> None:
    decision.state, decision.decided_by, decision.decided_at, decision.decided_why = state, by, at, why
    decision.save()


def _must_be_free(payment: PaymentTransaction, proof: str) -> None:
    there = PaymentTransaction.objects.filter(provider=payment.provider, market=payment.market)
    if there.exclude(pk=payment.pk).filter(Q(provider_ref=proof) | Q(transaction_ref=proof)).exists():
        raise ProofTaken(proof)


def _answer(payment: PaymentTransaction, decision: PaymentDecision) -> ProviderAnswer:
    """The person's word as the provider would have said it: of the sum that was asked for."""
    if not decision.was_paid:
        return ProviderAnswer(Outcome.FAILED, raw={"decision": decision.id})
    is_session = decision.proof == payment.provider_ref
    return ProviderAnswer(
        Outcome.SUCCEEDED,
        provider_ref=decision.proof if is_session else None,
        transaction_ref=None if is_session else decision.proof,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        raw={"decision": decision.id},
    )


def _said(decision: PaymentDecision) -> str:
    return f"{decision.proof} · {decision.reason}"
