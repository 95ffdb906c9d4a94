"""Writes down what an answer did: the attempt, its event, the ledger, the invoice, the outgoing events.

Inside `operations.apply_answer`'s transaction, with the attempt's row locked.
"""

import logging
from datetime import datetime
from typing import Any

from django.db.models import Q

import billing.invoices.operations as invoices
import billing.ledger.operations as ledger
import billing.outbox.operations as outbox
import billing.pricing.operations as pricing
from billing import money, schedule
from billing.invoices.facts import InvoiceFact
from billing.ledger.draft import EntryDraft
from billing.payments import attempts, gateway, outcome, postings
from billing.payments.facts import NextActionFact, Outcome, ProviderAnswer
from billing.payments.models import PaymentDecision, PaymentEvent, PaymentTransaction
from billing.payments.outcome import Books, Verdict
from billing.payments.states import OPEN, DecisionState, State, may_follow

log = logging.getLogger(__name__)

_TOLD_OUTSIDE = frozenset({State.SUCCEEDED, State.FAILED, State.EXPIRED, State.NEEDS_REVIEW})


class IllegalChange(Exception):
    """An answer led to a state that may not follow: a bug, nothing is written."""


def record(
    payment: PaymentTransaction, answer: ProviderAnswer, *, source: str, at: datetime, by: str = "", why: str = ""
) -> bool:
    """Apply one answer to a locked payment; whether money was booked. `by` and `why`: when it is a person's word."""
    verdict = _verdict(payment, answer, at)
    before = State(payment.state)
    if verdict.state is not before and not may_follow(before, verdict.state):
        raise IllegalChange(f"{payment.id}: {before} to {verdict.state}")
    flags = verdict.flags | _book(payment, answer, verdict, at)
    news = flags - set(payment.flags)
    _write(payment, answer, verdict, flags, at)
    if verdict.state is not before or news or (verdict.note and source != "poll"):
        note = ", ".join(part for part in (why, verdict.note, *sorted(flags)) if part)
        remember(payment, source=source, note=note, at=at, by=by, raw=dict(answer.raw))
    if before in OPEN and verdict.state in (State.FAILED, State.EXPIRED):
        pricing.release(holder_ref=payment.invoice_ref, at=at)  # a coupon is not kept from others by who did not pay
    if verdict.state is not before and verdict.state in _TOLD_OUTSIDE:
        _tell(payment, at)
    if before is State.NEEDS_REVIEW and verdict.state is not before:
        _overtake(payment, at)
    return verdict.books is not Books.NOTHING


def remember(
    payment: PaymentTransaction,
    *,
    source: str,
    note: str,
    at: datetime,
    by: str = "",
    raw: dict[str, Any] | None = None,
) -> None:
    """Write an event of the attempt as it is now."""
    PaymentEvent.objects.create(
        payment=payment, state=payment.state, source=source, note=note, by=by, raw=raw or {}, happened_at=at
    )
    if note:
        log.warning("payment %s is %s: %s", payment.id, payment.state, note)


def next_check(payment: PaymentTransaction, at: datetime) -> datetime | None:
    return schedule.next_check(
        started_at=payment.started_at,
        check_count=payment.check_count,
        at=at,
        window=gateway.wallet(payment.provider, payment.market).status_window,
    )


def _verdict(payment: PaymentTransaction, answer: ProviderAnswer, at: datetime) -> Verdict:
    attempt = payment.as_attempt()
    if not attempt.booked and belongs_to_another(payment, answer):
        return outcome.provider_ref_taken(attempt)
    verdict = outcome.judge(attempt, answer, at)
    if verdict.state in OPEN and next_check(payment, at) is None:
        return outcome.no_answer(verdict)
    return verdict


def belongs_to_another(payment: PaymentTransaction, answer: ProviderAnswer) -> bool:
    """Whether the answer names a session or movement of another attempt's."""
    same = Q()
    if answer.provider_ref:
        same |= Q(provider_ref=answer.provider_ref)
    if answer.transaction_ref:
        same |= Q(transaction_ref=answer.transaction_ref)
    there = PaymentTransaction.objects.filter(provider=payment.provider, market=payment.market)
    others = there.exclude(pk=payment.pk)
    return bool(same) and others.filter(same).exists()


def _book(payment: PaymentTransaction, answer: ProviderAnswer, verdict: Verdict, at: datetime) -> frozenset[str]:
    """Post the money, and say what was special about it."""
    if verdict.books is Books.NOTHING:
        return frozenset()
    received = _received(payment, answer, verdict, at)
    if verdict.books is Books.MISMATCH:
        _post(payment, "mismatch", postings.mismatch(received), at)
        return frozenset()
    try:
        invoice = invoices.mark_paid(
            invoice_ref=payment.invoice_ref,
            payment_ref=payment.id,
            provider=payment.provider,
            fee_minor=payment.fee_minor,
            transaction_ref=answer.transaction_ref or "",
            at=at,
        )
    except (invoices.AlreadyPaid, invoices.NotOpen):
        _post(payment, "captured_twice", postings.captured_twice(received), at)
        return frozenset({"duplicate"})
    draft = postings.captured(received, net_minor=invoice.net_minor, tax_minor=invoice.tax_minor)
    _post(payment, "captured", draft, at)
    _tell_paid(invoice, payment, at)
    return frozenset()


def _received(payment: PaymentTransaction, answer: ProviderAnswer, verdict: Verdict, at: datetime) -> postings.Received:
    assert answer.amount_minor is not None
    assert answer.currency is not None
    return postings.Received(
        payment_ref=payment.id,
        invoice_number=payment.invoice_number,
        entity=payment.entity,
        provider=payment.provider,
        market=payment.market,
        currency=answer.currency,
        gross_minor=answer.amount_minor,
        # The fee of a sum nobody expected is not known before the provider's statement.
        fee_minor=payment.fee_minor if verdict.books is Books.CAPTURED else 0,
        received_at=at,
    )


def _post(payment: PaymentTransaction, booked_as: str, draft: EntryDraft, at: datetime) -> None:
    payment.entry_ref = ledger.post(draft=draft, at=at).id
    payment.booked_as = booked_as
    payment.settled_at = at


def _write(
    payment: PaymentTransaction, answer: ProviderAnswer, verdict: Verdict, flags: frozenset[str], at: datetime
) -> None:
    payment.state = verdict.state
    payment.flags = sorted({*payment.flags, *flags})
    if "provider_ref_taken" not in flags and "reference_mismatch" not in flags:
        _write_references(payment, answer, verdict)
    if verdict.state is State.FAILED:
        payment.failure_reason = answer.failure_reason or payment.failure_reason or "unspecified"
        payment.failure_code = answer.failure_code or payment.failure_code
    elif verdict.state is State.SUCCEEDED:
        payment.failure_reason = payment.failure_code = ""
    elif verdict.state is State.PENDING and answer.outcome is Outcome.PENDING:
        payment.failure_reason = answer.failure_reason or ""  # such as a wrong code: it may still be paid
    sent_back = verdict.state is State.CREATED and answer.outcome is Outcome.NOT_FOUND and bool(verdict.note)
    payment.not_found_count = 0 if sent_back else payment.not_found_count + (answer.outcome is Outcome.NOT_FOUND)
    payment.checked_at = at
    payment.leased_until = None
    payment.next_check_at = at if sent_back else next_check(payment, at) if verdict.ask_again else None
    payment.save()


def _write_references(payment: PaymentTransaction, answer: ProviderAnswer, verdict: Verdict) -> None:
    # Two sessions of one attempt (the answer to the first got lost): the one that was paid is the one to remember.
    paid = verdict.books is not Books.NOTHING
    payment.provider_ref = (answer.provider_ref if paid else None) or payment.provider_ref or answer.provider_ref
    payment.transaction_ref = payment.transaction_ref or answer.transaction_ref
    if answer.secrets:
        payment.secrets_sealed = attempts.sealed(answer.secrets)
    if answer.next_action.kind != "none":
        payment.action_kind = answer.next_action.kind
        payment.action_url = answer.next_action.url or ""
        payment.action_instructions = answer.next_action.instructions or ""
        payment.action_expires_at = answer.next_action.expires_at
        payment.action_details = _details(answer.next_action)


def _details(action: NextActionFact) -> dict[str, Any]:
    details = {"qr": action.qr, "ussd": action.ussd, "links": dict(action.links)}
    return {name: value for name, value in details.items() if value}


def _overtake(payment: PaymentTransaction, at: datetime) -> None:
    """A proposal that was not confirmed has nothing left to decide."""
    waiting = PaymentDecision.objects.filter(payment=payment, state=DecisionState.PROPOSED)
    waiting.update(state=DecisionState.OVERTAKEN, decided_at=at)


def _tell_paid(invoice: InvoiceFact, payment: PaymentTransaction, at: datetime) -> None:
    data = {
        "id": invoice.id,
        "number": invoice.number,
        "payment": payment.id,
        "amount": _travelling(invoice.gross_minor, invoice.currency),
    }
    outbox.publish(owner_ref=invoice.owner_ref, kind="invoice.paid", subject_ref=invoice.id, data=data, at=at)


def _tell(payment: PaymentTransaction, at: datetime) -> None:
    data = {
        "id": payment.id,
        "invoice": payment.invoice_ref,
        "state": str(payment.state),
        "amount": _travelling(payment.amount_minor, payment.currency),
        "provider": payment.provider,
        "failure_reason": payment.failure_reason or None,
        "flags": payment.flags,
    }
    outbox.publish(
        owner_ref=payment.owner_ref, kind=f"payment.{payment.state}", subject_ref=payment.id, data=data, at=at
    )


def _travelling(amount_minor: int, currency: str) -> dict[str, str]:
    return {"amount": money.plain(amount_minor, currency), "currency": currency}
