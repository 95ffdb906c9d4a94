"""Refunds that go as payouts: into a batch, what a batch would not take, and how they end with their payouts.

Inside a transaction of `operations`, with the refunds' rows locked.
"""

from collections.abc import Sequence
from datetime import datetime

import billing.invoices.queries as invoices
import billing.payments.queries as payments
import billing.payouts.operations as payouts
import billing.payouts.queries as payout_queries
from billing.payouts.facts import BatchFact, PayoutAsked
from billing.refunds import recording
from billing.refunds.facts import Way
from billing.refunds.models import Refund
from billing.refunds.outcome import Books
from billing.refunds.states import State

TITLE = "Remboursements"
NONE_TAKEN = "Aucun remboursement n’a pu y entrer"


class NothingToPrepare(Exception):
    """The refund does not wait to be paid out: it is in a batch, has ended, or goes another way."""


def must_wait(refund: Refund) -> None:
    """
    :raises NothingToPrepare: it does not wait for a batch.
    """
    if refund.way != Way.PAYOUT or refund.state != State.GRANTED:
        raise NothingToPrepare(f"{refund.id} is {refund.state}, by {refund.way}")


def prepare(refunds: Sequence[Refund], *, by: str, at: datetime) -> BatchFact:
    """One batch of all; what it would not take keeps the rule. A batch that took nothing is rejected at once."""
    batch = payouts.prepare(title=TITLE, asked=[_as_payout(one, at) for one in refunds], by=by, at=at)
    prepared = {payout.key: payout.id for payout in batch.payouts}
    refused = {refusal.key: refusal for refusal in batch.refusals}
    for one in refunds:
        if payout_ref := prepared.get(_key(one)):
            one.payout_ref = payout_ref
            recording.move(one, State.PAYING_OUT, Books.NOTHING, source="payout", note="", at=at, by=by)
        elif refusal := refused.get(_key(one)):
            one.refused_rule = refusal.rule
            note = f"{refusal.rule}: {refusal.message}"
            recording.move(one, State.GRANTED, Books.NOTHING, source="payout", note=note, at=at, by=by, news=True)
    if not batch.payouts:
        return payouts.reject(batch_ref=batch.id, by=by, reason=NONE_TAKEN, at=at)
    return batch


def follow(refund: Refund, at: datetime) -> bool:
    """Whether the refund has ended with its payouts (a large one has several)."""
    states = {payout.state for payout in payout_queries.payouts_of(refund.id)}
    if states == {"succeeded"}:
        refund.settled_at = at  # the payout's own entry has taken it from what was owed
        recording.move(refund, State.SUCCEEDED, Books.NOTHING, source="payout", note="", at=at)
    elif states <= {"failed", "rejected"}:
        recording.move(refund, State.FAILED, Books.TAKEN_BACK, source="payout", note="the payout failed", at=at)
    elif states <= {"succeeded", "failed", "rejected", "reversed"}:
        note = f"its payouts ended as {', '.join(sorted(states))}"
        recording.move(refund, State.NEEDS_REVIEW, Books.NOTHING, source="payout", note=note, at=at)
    else:
        return False
    return True


def _key(refund: Refund) -> str:
    return f"refund:{refund.id}"


def _as_payout(refund: Refund, at: datetime) -> PayoutAsked:
    captured = payments.capture(refund.payment_ref)
    customer = invoices.invoice(refund.invoice_ref).customer
    return PayoutAsked(
        key=_key(refund),
        account=recording.given_back(refund, at).due,
        amount_minor=refund.amount_minor,
        provider=refund.provider,
        market=refund.market,
        payee_phone=(captured and captured.payer_phone) or "",
        payee_name=customer.name,
        description=f"Remboursement {refund.invoice_number}",
        source_ref=refund.id,
    )
