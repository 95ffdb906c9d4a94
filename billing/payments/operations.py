"""Everything that changes payments. Reads no clock: callers pass `at`.

A call to a provider never happens inside a database transaction. Each flow is: commit what we are about to ask, ask,
commit the answer; `resume_unsent` and `poll_due` find by query what a process that died left undone.
"""

import hmac
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

import billing.invoices.queries as invoices
import billing.pricing.operations as pricing
from billing import schedule
from billing.configuration.queries import NoRoute as NoRoute
from billing.crashpoints import reach
from billing.invoices.facts import InvoiceFact
from billing.outbox import sweeps
from billing.payments import attempts, deciding, gateway, outcome, queries, recording
from billing.payments.deciding import AlreadyProposed as AlreadyProposed
from billing.payments.deciding import AnotherPersonNeeded as AnotherPersonNeeded
from billing.payments.deciding import NothingToDecide as NothingToDecide
from billing.payments.deciding import ProofMissing as ProofMissing
from billing.payments.deciding import ProofTaken as ProofTaken
from billing.payments.deciding import ProviderAnswered as ProviderAnswered
from billing.payments.deciding import ProviderDisagrees as ProviderDisagrees
from billing.payments.deciding import ReasonMissing as ReasonMissing
from billing.payments.facts import DecisionFact, Outcome, PaymentFact, ProviderAnswer
from billing.payments.gateway import TakesNoCode as TakesNoCode
from billing.payments.models import PaymentEvent, PaymentTransaction
from billing.payments.queries import AmountOutOfRange as AmountOutOfRange
from billing.payments.queries import NoSuchDecision as NoSuchDecision
from billing.payments.queries import NoSuchPayment as NoSuchPayment
from billing.payments.queries import TooManyAttempts as TooManyAttempts
from billing.payments.queries import WalletResting as WalletResting
from billing.payments.states import OPEN, DecisionState, State
from billing.pricing.queries import CouponRefused as CouponRefused

# Longer than asking a provider may take (two calls): while it runs, nobody else calls for the same attempt.
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
# A page that asks again and again must not become our load on the provider.
RETURN_PAGE_PAUSE = timedelta(seconds=3)


class InvoiceNotOpen(Exception):
    """The invoice is paid already, or void: there is nothing to collect."""


class PaymentInProgress(Exception):
    """Another attempt on this invoice is still open; `payment_ref` is its id."""

    def __init__(self, payment_ref: str) -> None:
        super().__init__(f"payment {payment_ref} is still open")
        self.payment_ref = payment_ref


def start(
    *,
    invoice_ref: str,
    provider: str,
    payer_phone: str | None,
    return_url: str,
    at: datetime,
    payer_code: str | None = None,
) -> PaymentFact:
    """Start one attempt to collect an invoice. `{payment_ref}` in `return_url` becomes the payment's id.

    A provider that does not answer is no error here: the fact comes back `unknown` or `created` and the sweeps go on.
    A provider that refuses the request for good gives a fact that is `failed`, with the reason.

    :raises NoSuchInvoice: no invoice has that id.
    :raises InvoiceNotOpen: paid already, or void.
    :raises PaymentInProgress: another attempt is open.
    :raises NoRoute: we may not collect with that wallet, there, in that currency.
    :raises AmountOutOfRange: the wallet does not take that amount.
    :raises TooManyAttempts: the phone has too many payments open.
    :raises WalletResting: the provider does not answer now; offer another wallet.
    :raises CouponRefused: the invoice's coupon went to others after a failed attempt: it takes a new invoice.
    """
    collection = _commit_attempt(
        invoice_ref=invoice_ref, provider=provider, payer_phone=payer_phone, return_url=return_url, at=at
    )
    reach("payments.attempt_committed")
    return _send(replace(collection, payer_code=payer_code), source="start", at=at)


def apply_answer(*, payment_ref: str, answer: ProviderAnswer, source: str, at: datetime) -> PaymentFact:
    """Make an answer count, once, whoever brings it and however often. `at` is when the question was asked.

    :raises NoSuchPayment: no payment has that id.
    """
    with transaction.atomic():
        payment = _locked(payment_ref)
        booked = recording.record(payment, answer, source=source, at=at)
        if booked:
            reach("payments.outcome_before_commit")
    if booked:
        reach("payments.outcome_committed")
    return payment.as_fact()


def refresh(*, payment_ref: str, source: str, at: datetime) -> PaymentFact:
    """Ask the provider what became of an attempt, and apply its answer.

    :raises NoSuchPayment: no payment has that id.
    """
    payment = _outside_transactions(payment_ref)
    if source == "return" and not _worth_asking_for_a_page(payment, at):
        return payment.as_fact()
    return _ask(gateway.fetch, payment, source=source, at=at)


def cancel(*, payment_ref: str, at: datetime) -> PaymentFact:
    """Close an attempt at the provider, so that another may start. Paid meanwhile, it comes back succeeded.

    :raises NoSuchPayment: no payment has that id.
    """
    payment = _outside_transactions(payment_ref)
    if payment.state not in OPEN:
        return payment.as_fact()
    return _ask(gateway.cancel, payment, source="cancel", at=at)


def confirm(*, payment_ref: str, code: str, at: datetime) -> PaymentFact:
    """Hand in the code that the payer was sent. A wrong one leaves the attempt open, with the reason told.

    :raises NoSuchPayment: no payment has that id.
    :raises TakesNoCode: this wallet sends none.
    """
    payment = _outside_transactions(payment_ref)
    if payment.state not in OPEN:
        return payment.as_fact()
    return _ask(lambda inquiry: gateway.confirm(inquiry, code), payment, source="code", at=at)


def propose_decision(
    *, payment_ref: str, was_paid: bool, proof: str, reason: str, by: str, at: datetime
) -> DecisionFact:
    """One person says what became of a payment nobody could tell of, and by which reference of the provider's.

    Nothing changes until another person confirms it. The provider is asked once more first. The same from the same
    person again is the same proposal.

    :raises NoSuchPayment: no payment has that id.
    :raises NothingToDecide: it does not wait for a person.
    :raises ReasonMissing: no reason was given.
    :raises ProofMissing: no reference was given.
    :raises ProofTaken: that movement belongs to another payment.
    :raises AlreadyProposed: another proposal waits.
    :raises ProviderAnswered: the provider has told now, and the payment has ended so.
    :raises ProviderDisagrees: the provider says something else.
    """
    deciding.must_be_founded(proof=proof, reason=reason)
    _hear_once_more(payment_ref, was_paid=was_paid, at=at)
    with transaction.atomic():
        return deciding.propose(_locked(payment_ref), was_paid=was_paid, proof=proof, reason=reason, by=by, at=at)


def confirm_decision(*, decision_ref: str, by: str, at: datetime) -> PaymentFact:
    """Another person confirms: the payment is booked and told as if the provider had said so, or has failed.

    The provider is asked once more first. The same confirmation again changes nothing.

    :raises NoSuchDecision: no decision has that id.
    :raises NothingToDecide: it was decided by somebody else before, or the payment has found its end.
    :raises AnotherPersonNeeded: the same person proposed it.
    :raises ProofTaken: that movement belongs to another payment.
    :raises ProviderAnswered: the provider has told now, and the payment has ended so.
    :raises ProviderDisagrees: the provider says something else; the proposal waits on.
    """
    decision = queries.decision(decision_ref)
    if (decision.state, decision.decided_by) == (DecisionState.CONFIRMED, by):
        return queries.payment(decision.payment_ref)
    if decision.proposed_by == by:
        raise AnotherPersonNeeded(f"{by} proposed {decision_ref}")
    _hear_once_more(decision.payment_ref, was_paid=decision.was_paid, at=at)
    with transaction.atomic():
        payment = _locked(decision.payment_ref)
        booked = deciding.confirm(payment, decision_ref, by=by, at=at)
        if booked:
            reach("payments.outcome_before_commit")
    if booked:
        reach("payments.outcome_committed")
    return payment.as_fact()


def withdraw_decision(*, decision_ref: str, why: str, by: str, at: datetime) -> None:
    """Take a proposal off the table, by whoever made it or would have to confirm it; the payment waits on.

    :raises NoSuchDecision: no decision has that id.
    :raises NothingToDecide: it was decided before.
    :raises ReasonMissing: no reason was given.
    """
    if not why.strip():
        raise ReasonMissing(decision_ref)
    decision = queries.decision(decision_ref)
    with transaction.atomic():
        deciding.withdraw(_locked(decision.payment_ref), decision_ref, why=why, by=by, at=at)


def knows_secret(*, payment_ref: str, secret: str) -> bool:
    """Whether that is what the provider gave us for its notifications of this attempt; True where it gave nothing."""
    given = attempts.inquiry(PaymentTransaction.objects.get(pk=payment_ref)).secrets.get("notification")
    return given is None or hmac.compare_digest(given.encode(), secret.encode())


def resume_unsent(*, at: datetime, limit: int = 50) -> int:
    """Send again what was committed but is not known to be sent; how many were taken up.

    The same reference is sent, so an attempt that did reach the provider is found there, not doubled. An old one is
    only asked about: the payer has left.
    """
    return sweeps.count(resume_one, at=at, limit=limit)


def resume_one(*, at: datetime) -> bool:
    """The same for one attempt; whether there was one."""
    payment = _claim(states=[State.CREATED], at=at)
    if payment is None:
        return False
    if at - payment.started_at < schedule.RESEND_FOR:
        _send(attempts.collection(payment), source="sweep", at=at)
    else:
        refresh(payment_ref=payment.id, source="sweep", at=at)
    return True


def poll_due(*, at: datetime, limit: int = 50) -> int:
    """Ask about every attempt whose time has come; how many were asked about."""
    return sweeps.count(poll_one, at=at, limit=limit)


def poll_one(*, at: datetime) -> bool:
    """Ask about one attempt whose time has come; whether there was one."""
    payment = _claim(states=[state for state in State if state is not State.CREATED], at=at)
    if payment is None:
        return False
    refresh(payment_ref=payment.id, source="poll", at=at)
    return True


def _commit_attempt(
    *, invoice_ref: str, provider: str, payer_phone: str | None, return_url: str, at: datetime
) -> gateway.Collection:
    """Store the attempt. Durable: refuses to run inside a transaction, which could take the attempt back later."""
    invoice = invoices.invoice(invoice_ref)
    _must_be_open(invoice)
    route = queries.collectable(
        provider=provider, market=invoice.country, currency=invoice.currency, amount_minor=invoice.gross_minor, at=at
    )
    if route.entity != invoice.entity:
        raise NoRoute(f"{provider} in {route.market} collects for {route.entity}, not for {invoice.entity}")
    queries.refuse_resting(provider=provider, market=route.market)
    # An attempt on this very invoice is a case of its own, PaymentInProgress.
    queries.refuse_flood(payer_phone=payer_phone, except_invoice_ref=invoice_ref, at=at)
    row = attempts.attempt(invoice, route, payer_phone=payer_phone, return_url=return_url, at=at)
    row.leased_until = at + LEASE  # ours, until our own call is answered
    try:
        with transaction.atomic(durable=True):
            row.save(force_insert=True)
            # The insert waited for an attempt that was just settling; only now is the invoice's state certain.
            _must_be_open(invoices.invoice(invoice_ref))
            if invoice.coupon_code:
                pricing.hold_again(holder_ref=invoice_ref, at=at)
            PaymentEvent.objects.create(payment=row, state=row.state, source="start", happened_at=at)
    except IntegrityError:
        raise _in_progress(invoice_ref) from None
    return attempts.collection(row)


def _must_be_open(invoice: InvoiceFact) -> None:
    if invoice.state != "open":
        raise InvoiceNotOpen(f"invoice {invoice.id} is {invoice.state}")


def _in_progress(invoice_ref: str) -> Exception:
    open_one = PaymentTransaction.objects.filter(invoice_ref=invoice_ref, state__in=OPEN).first()
    # Between the refusal and this look the other attempt may have ended; then the invoice decides.
    return PaymentInProgress(open_one.pk) if open_one else InvoiceNotOpen(f"invoice {invoice_ref} was settling")


def _send(collection: gateway.Collection, *, source: str, at: datetime) -> PaymentFact:
    try:
        collection = _with_ticket(collection)
    except gateway.NoTicket:
        # Without it the adapter would fetch its own; were that answer lost, the next sending would ask the payer twice.
        answer = ProviderAnswer(Outcome.UNSENT, raw={"fault": "NoTicket"})
    else:
        answer = gateway.start(collection)
    reach("payments.request_sent")
    fact = apply_answer(payment_ref=collection.payment_ref, answer=answer, source=source, at=at)
    reach("payments.answer_committed")
    return fact


def _with_ticket(collection: gateway.Collection) -> gateway.Collection:
    """Where the provider hands out tickets: fetch one, once, and commit it before anything is sent.

    :raises gateway.NoTicket: none could be had.
    """
    if collection.ticket:
        return collection
    ticket = gateway.ticket(collection.provider, collection.market)
    if ticket is None:
        return collection
    with transaction.atomic(durable=True):
        row = PaymentTransaction.objects.select_for_update().get(pk=collection.payment_ref)
        if not row.ticket:
            # It is the only key to what becomes of the attempt, so it is what we ask with.
            row.ticket = row.provider_ref = ticket
            row.save(update_fields=["ticket", "provider_ref"])
    return replace(collection, ticket=row.ticket)


def _locked(payment_ref: str) -> PaymentTransaction:
    payment = PaymentTransaction.objects.select_for_update().filter(pk=payment_ref).first()
    if payment is None:
        raise NoSuchPayment(payment_ref)
    return payment


def _hear_once_more(payment_ref: str, *, was_paid: bool, at: datetime) -> None:
    """Before a person's word counts, the provider has one more: a final one is applied, and any other is heeded."""
    payment = _outside_transactions(payment_ref)
    deciding.must_wait(payment)
    answer = gateway.fetch(attempts.inquiry(payment))
    now = apply_answer(payment_ref=payment_ref, answer=answer, source="poll", at=at)
    if not queries.may_be_decided(now):
        by_it = answer.outcome in (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.EXPIRED)  # else by another person
        raise (ProviderAnswered if by_it else NothingToDecide)(f"{payment_ref} is {now.state}")
    if recording.belongs_to_another(payment, answer):
        return  # it speaks of another payment
    if outcome.contradicts(payment.as_attempt(), answer, was_paid=was_paid):
        raise ProviderDisagrees(f"{payment_ref}: the provider says {answer.outcome}")


def _outside_transactions(payment_ref: str) -> PaymentTransaction:
    """Read the payment, and refuse to go on when a transaction is open: a provider is about to be called."""
    with transaction.atomic(durable=True):
        pass  # it raises inside a transaction; one statement needs none, and its BEGIN and COMMIT cost two round trips
    payment = PaymentTransaction.objects.filter(pk=payment_ref).first()
    if payment is None:
        raise NoSuchPayment(payment_ref)
    return payment


def _worth_asking_for_a_page(payment: PaymentTransaction, at: datetime) -> bool:
    is_fresh = payment.checked_at is not None and payment.checked_at > at - RETURN_PAGE_PAUSE
    return payment.state in OPEN and not is_fresh


def _ask(
    question: Callable[[gateway.Inquiry], ProviderAnswer], payment: PaymentTransaction, *, source: str, at: datetime
) -> PaymentFact:
    answer = question(attempts.inquiry(payment))
    return apply_answer(payment_ref=payment.id, answer=answer, source=source, at=at)


@transaction.atomic(durable=True)
def _claim(*, states: Collection[str], at: datetime) -> PaymentTransaction | None:
    """Lease one due attempt. One that crashes us stays leased and keeps nobody else waiting."""
    # SKIP LOCKED: workers share the due payments instead of queueing behind each other.
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    payment = (
        PaymentTransaction.objects.select_for_update(skip_locked=True)
        .filter(free, state__in=states, next_check_at__lte=at)
        .order_by("next_check_at")
        .first()
    )
    if payment is None:
        return None
    payment.check_count += 1
    payment.leased_until = at + LEASE
    # The next time is set before the call, so that dying in it loses nothing.
    payment.next_check_at = recording.next_check(payment, at) or at + LEASE
    payment.save(update_fields=["check_count", "leased_until", "next_check_at"])
    return payment
