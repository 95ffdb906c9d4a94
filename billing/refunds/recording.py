"""Writes down what an answer did to a refund: the row, its event, the ledger, the credit note, the outgoing event.

Inside a transaction of `operations`, with the refund's row locked.
"""

import logging
from datetime import datetime

import billing.invoices.operations as invoices
import billing.ledger.operations as ledger
import billing.outbox.operations as outbox
from billing import money, schedule
from billing.refunds import gateway, outcome, postings
from billing.refunds.facts import Outcome, RefundAnswer
from billing.refunds.models import Refund, RefundEvent
from billing.refunds.outcome import Asked, Books, Verdict
from billing.refunds.states import OPEN, State, may_follow

log = logging.getLogger(__name__)

_TOLD_OUTSIDE = frozenset({State.SUCCEEDED, State.FAILED, State.NEEDS_REVIEW})


class IllegalChange(Exception):
    """An answer led to a state that may not follow: a bug, nothing is written."""


def record(refund: Refund, answer: RefundAnswer, *, source: str, at: datetime) -> None:
    """Apply one answer to a locked refund."""
    verdict = _verdict(refund, answer, at)
    before = State(refund.state)
    if verdict.state is not before and not may_follow(before, verdict.state):
        raise IllegalChange(f"{refund.id}: {before} to {verdict.state}")
    news = verdict.flags - set(refund.flags)
    refund.flags = sorted({*refund.flags, *verdict.flags})
    refund.provider_ref = refund.provider_ref or answer.provider_ref
    refund.transaction_ref = refund.transaction_ref or answer.transaction_ref
    if verdict.state is State.FAILED:
        refund.failure_reason = answer.failure_reason or refund.failure_reason or "unspecified"
        refund.failure_code = answer.failure_code or refund.failure_code
    again = verdict.state is State.GRANTED and answer.outcome is Outcome.NOT_FOUND and bool(verdict.note)
    refund.not_found_count = 0 if again else refund.not_found_count + (answer.outcome is Outcome.NOT_FOUND)
    refund.leased_until = None
    refund.next_check_at = at if again else next_check(refund, at) if verdict.ask_again else None
    move(
        refund,
        verdict.state,
        verdict.books,
        source=source,
        note=verdict.note,
        at=at,
        raw=dict(answer.raw),
        news=bool(news),
    )


def move(
    refund: Refund,
    state: State,
    books: Books,
    *,
    source: str,
    note: str,
    at: datetime,
    by: str = "",
    raw: dict[str, object] | None = None,
    news: bool = False,
) -> None:
    """Book, save, remember, tell."""
    changed = state is not State(refund.state)
    _book(refund, books, at)
    if changed and state is State.SUCCEEDED and refund.booked_as == "captured":
        # On paper too, in the same transaction; the ledger was reversed when the refund was granted.
        invoices.credit(
            invoice_ref=refund.invoice_ref,
            source_ref=refund.id,
            net_minor=refund.net_minor,
            tax_minor=refund.tax_minor,
            reason=refund.reason,
            at=at,
        )
    refund.state = state
    refund.save()
    if changed or news:
        RefundEvent.objects.create(
            refund=refund, state=state, source=source, note=note, by=by, raw=raw or {}, happened_at=at
        )
        if note:
            log.warning("refund %s is %s: %s", refund.id, state, note)
    if changed and state in _TOLD_OUTSIDE:
        tell(refund, at)


def next_check(refund: Refund, at: datetime) -> datetime | None:
    return schedule.next_check(
        started_at=refund.sent_at or refund.requested_at,
        check_count=refund.check_count,
        at=at,
        window=gateway.terms(refund.provider, refund.market).status_window,
    )


def given_back(refund: Refund, at: datetime) -> postings.GivenBack:
    return postings.GivenBack(
        refund_ref=refund.id,
        payment_ref=refund.payment_ref,
        booked_as=refund.booked_as,
        invoice_number=refund.invoice_number,
        entity=refund.entity,
        provider=refund.provider,
        market=refund.market,
        currency=refund.currency,
        amount_minor=refund.amount_minor,
        net_minor=refund.net_minor,
        tax_minor=refund.tax_minor,
        at=at,
    )


def tell(refund: Refund, at: datetime) -> None:
    data = {
        "id": refund.id,
        "payment": refund.payment_ref,
        "invoice": refund.invoice_ref,
        "state": str(refund.state),
        "amount": {"amount": money.plain(refund.amount_minor, refund.currency), "currency": refund.currency},
        "failure_reason": refund.failure_reason or None,
    }
    outbox.publish(owner_ref=refund.owner_ref, kind=f"refund.{refund.state}", subject_ref=refund.id, data=data, at=at)


def _verdict(refund: Refund, answer: RefundAnswer, at: datetime) -> Verdict:
    verdict = outcome.judge(
        Asked(
            id=refund.id,
            state=State(refund.state),
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            sent_at=refund.sent_at or refund.requested_at,
            not_found_count=refund.not_found_count,
        ),
        answer,
        at,
    )
    if verdict.state in OPEN and next_check(refund, at) is None:
        return outcome.no_answer(verdict)
    return verdict


def _book(refund: Refund, books: Books, at: datetime) -> None:
    match books:
        case Books.SENT:
            draft = postings.sent(given_back(refund, at), fee_back_minor=refund.fee_back_minor)
            refund.sent_entry_ref = ledger.post(draft=draft, at=at).id
            refund.settled_at = at
        case Books.TAKEN_BACK if refund.granted_entry_ref:
            ledger.reverse(
                entry_ref=refund.granted_entry_ref,
                key=f"refund:{refund.id}:not_given",
                reason=f"Remboursement non abouti, facture {refund.invoice_number}",
                at=at,
            )
