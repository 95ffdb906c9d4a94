"""Everything that changes refunds and disputes. Reads no clock: callers pass `at`.

Granting takes the sale back and owes the payer the sum, in the ledger, before anybody is asked. Then the provider gives
it back by its own operation, or a payout does, which two people prepare and approve. What fails makes the sale stand
again.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from fractions import Fraction

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

import billing.invoices.queries as invoices
import billing.ledger.operations as ledger
import billing.payments.queries as payments
from billing.crashpoints import reach
from billing.ids import new_id
from billing.money import round_half_up
from billing.outbox import sweeps
from billing.payments.facts import CaptureFact
from billing.payouts.facts import BatchFact
from billing.refunds import by_payout, gateway, postings, queries, recording, sharing
from billing.refunds.by_payout import NothingToPrepare as NothingToPrepare
from billing.refunds.facts import DisputeFact, RefundAnswer, RefundFact, Way
from billing.refunds.models import Dispute, Refund, RefundEvent
from billing.refunds.outcome import Books
from billing.refunds.queries import NoSuchDispute as NoSuchDispute
from billing.refunds.queries import NoSuchRefund as NoSuchRefund
from billing.refunds.states import State

LEASE = timedelta(seconds=settings.LEASE_SECONDS)


class RefundRefusal(Exception):
    """Nothing was given back, and why."""


class NothingCaptured(RefundRefusal):
    """The payment brought no money: there is nothing to give back."""


class MoreThanCaptured(RefundRefusal):
    """More than what is left of the payment; `left_minor` says how much that is."""

    def __init__(self, left_minor: int, currency: str) -> None:
        super().__init__(f"{left_minor} {currency} (minor units) are left to give back")
        self.left_minor = left_minor
        self.currency = currency


class NoWayBack(RefundRefusal):
    """That wallet takes nothing back, and we cannot send to it: finance gives the money back another way."""


class ReasonMissing(RefundRefusal):
    """A refund, or the end of a dispute, takes a reason."""


class NothingToDecide(Exception):
    """It is not waiting for a person."""


class DisputeOpen(Exception):
    """The payment is contested already."""


def request(*, payment_ref: str, amount_minor: int | None, reason: str, by: str, at: datetime) -> RefundFact:
    """Grant a refund and ask the provider for it. Without an amount: all that is left.

    A provider that does not answer is no error here: the sweeps go on. A refund that goes as a payout waits until it is
    prepared (`prepare_payouts`) and approved.

    :raises NoSuchPayment: no payment has that id.
    :raises NothingCaptured: it brought no money.
    :raises MoreThanCaptured: less is left.
    :raises NoWayBack: the wallet takes nothing back.
    :raises ReasonMissing: no reason was given.
    """
    refund = _grant(payment_ref=payment_ref, amount_minor=amount_minor, reason=reason, by=by, at=at)
    reach("refunds.granted")
    if refund.way == Way.PAYOUT:
        return refund.as_fact()
    return _send(refund, source="start", at=at)


def prepare_payouts(*, by: str, at: datetime, limit: int = 500) -> BatchFact | None:
    """Put the refunds that go as payouts into a batch, for somebody else to approve. None: there are none.

    One that the batch would not take is left out of the next ones, with the rule, until `try_payout_again`.
    """
    with transaction.atomic():
        waiting = Refund.objects.select_for_update(skip_locked=True).filter(
            way=Way.PAYOUT, state=State.GRANTED, refused_rule=""
        )
        refunds = list(waiting.order_by("requested_at", "id")[:limit])
        if not refunds:
            return None
        return by_payout.prepare(refunds, by=by, at=at)


def try_payout_again(*, refund_ref: str, by: str, at: datetime) -> RefundFact:
    """Let the next batch take it up again, once what kept it out has been put right.

    :raises NoSuchRefund: no refund has that id.
    :raises NothingToPrepare: no batch has refused it.
    """
    with transaction.atomic():
        refund = _locked(refund_ref)
        by_payout.must_wait(refund)
        if not refund.refused_rule:
            raise NothingToPrepare(f"{refund_ref} waits for the next batch")
        refund.refused_rule = ""
        recording.move(refund, State.GRANTED, Books.NOTHING, source="again", note="", at=at, by=by, news=True)
    return refund.as_fact()


def withdraw(*, refund_ref: str, reason: str, by: str, at: datetime) -> RefundFact:
    """Give a refund up that waits to be paid out: the sale stands again, and it may be granted anew.

    :raises NoSuchRefund: no refund has that id.
    :raises NothingToPrepare: it is in a batch, has ended, or goes by the provider's operation.
    :raises ReasonMissing: no reason was given.
    """
    if not reason.strip():
        raise ReasonMissing(refund_ref)
    with transaction.atomic():
        refund = _locked(refund_ref)
        by_payout.must_wait(refund)
        refund.failure_reason = "cancelled"
        recording.move(refund, State.FAILED, Books.TAKEN_BACK, source="withdrawn", note=reason, at=at, by=by)
    return refund.as_fact()


def follow_payouts(*, at: datetime, limit: int = 500) -> int:
    """Refunds whose payouts have ended, end with them; how many did."""
    done = 0
    for refund_ref in Refund.objects.filter(state=State.PAYING_OUT).order_by("id").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            refund = Refund.objects.select_for_update().get(pk=refund_ref)
            done += refund.state == State.PAYING_OUT and by_payout.follow(refund, at)
    return done


def apply_answer(*, refund_ref: str, answer: RefundAnswer, source: str, at: datetime) -> RefundFact:
    """Make an answer count, once, whoever brings it and however often.

    :raises NoSuchRefund: no refund has that id.
    """
    with transaction.atomic():
        refund = _locked(refund_ref)
        recording.record(refund, answer, source=source, at=at)
        reach("refunds.outcome_before_commit")
    return refund.as_fact()


def refresh(*, refund_ref: str, source: str, at: datetime) -> RefundFact:
    """Ask the provider what became of a refund, and apply its answer.

    :raises NoSuchRefund: no refund has that id.
    """
    with transaction.atomic(durable=True):
        refund = Refund.objects.filter(pk=refund_ref).first()
    if refund is None:
        raise NoSuchRefund(refund_ref)
    if refund.way == Way.PAYOUT or refund.state == State.SUCCEEDED:
        return refund.as_fact()
    answer = gateway.fetch(_giving(refund))
    return apply_answer(refund_ref=refund_ref, answer=answer, source=source, at=at)


def decide(*, refund_ref: str, was_given_back: bool, reason: str, by: str, at: datetime) -> RefundFact:
    """A person says what became of a refund that nobody could tell.

    :raises NoSuchRefund: no refund has that id.
    :raises NothingToDecide: it does not wait for a person.
    :raises ReasonMissing: no reason was given.
    """
    if not reason.strip():
        raise ReasonMissing(refund_ref)
    with transaction.atomic():
        refund = _locked(refund_ref)
        if refund.state != State.NEEDS_REVIEW or "late_success" in refund.flags:
            raise NothingToDecide(f"{refund_ref} is {refund.state}")
        state, books = (State.SUCCEEDED, Books.SENT) if was_given_back else (State.FAILED, Books.TAKEN_BACK)
        recording.move(refund, state, books, source="review", note=reason, at=at, by=by)
    return refund.as_fact()


def send_one(*, at: datetime) -> bool:
    """Ask for one refund that was granted and not sent, as far as we know; whether there was one."""
    refund = _claim(states=[State.GRANTED], at=at)
    if refund is None:
        return False
    _send(refund, source="sweep", at=at)
    return True


def poll_one(*, at: datetime) -> bool:
    """Ask about one refund whose time has come; whether there was one."""
    refund = _claim(states=[State.PENDING, State.UNKNOWN], at=at)
    if refund is None:
        return False
    refresh(refund_ref=refund.id, source="poll", at=at)
    return True


def send_due(*, at: datetime, limit: int = 50) -> int:
    return sweeps.count(send_one, at=at, limit=limit)


def poll_due(*, at: datetime, limit: int = 50) -> int:
    return sweeps.count(poll_one, at=at, limit=limit)


def open_dispute(*, payment_ref: str, amount_minor: int | None, reason: str, by: str, at: datetime) -> DisputeFact:
    """Record that a payment is contested.

    :raises NoSuchPayment: no payment has that id.
    :raises NothingCaptured: it brought no money.
    :raises MoreThanCaptured: it brought less.
    :raises DisputeOpen: it is contested already.
    :raises ReasonMissing: no reason was given.
    """
    if not reason.strip():
        raise ReasonMissing(payment_ref)
    captured = _captured(payment_ref)
    if amount_minor is not None and not 0 < amount_minor <= captured.amount_minor:
        raise MoreThanCaptured(captured.amount_minor, captured.currency)
    with transaction.atomic():
        _one_at_a_time(payment_ref)
        if Dispute.objects.filter(payment_ref=payment_ref, state="open").exists():
            raise DisputeOpen(payment_ref)
        return Dispute.objects.create(
            id=new_id("dsp", at),
            payment_ref=payment_ref,
            currency=captured.currency,
            amount_minor=amount_minor or captured.amount_minor,
            reason=reason,
            opened_by=by,
            opened_at=at,
        ).as_fact()


def close_dispute(*, dispute_ref: str, was_won: bool, note: str, by: str, at: datetime) -> DisputeFact:
    """Record how it ended. What a lost one costs is given back by `request`, or found in the provider's statement.

    :raises NoSuchDispute: no dispute has that id.
    :raises NothingToDecide: it has ended before.
    :raises ReasonMissing: nothing was said about it.
    """
    if not note.strip():
        raise ReasonMissing(dispute_ref)
    with transaction.atomic():
        dispute = Dispute.objects.select_for_update().filter(pk=dispute_ref).first()
        if dispute is None:
            raise NoSuchDispute(dispute_ref)
        if dispute.state != "open":
            raise NothingToDecide(f"{dispute_ref} is {dispute.state}")
        dispute.state = "won" if was_won else "lost"
        dispute.decided_by, dispute.decided_at, dispute.outcome_note = by, at, note
        dispute.save()
    return dispute.as_fact()


def _locked(refund_ref: str) -> Refund:
    refund = Refund.objects.select_for_update().filter(pk=refund_ref).first()
    if refund is None:
        raise NoSuchRefund(refund_ref)
    return refund


def _grant(*, payment_ref: str, amount_minor: int | None, reason: str, by: str, at: datetime) -> Refund:
    """Store the refund and owe it. Durable: refuses to run inside a transaction, which could take it back later."""
    if not reason.strip():
        raise ReasonMissing(payment_ref)
    captured = _captured(payment_ref)
    with transaction.atomic(durable=True):
        _one_at_a_time(payment_ref)
        before = queries.given_back_of(payment_ref)
        left = captured.amount_minor - before
        amount = left if amount_minor is None else amount_minor
        if not 0 < amount <= left:
            raise MoreThanCaptured(left, captured.currency)
        refund = _row(captured, amount, before, reason=reason, by=by, at=at)
        if draft := postings.granted(recording.given_back(refund, at)):
            refund.granted_entry_ref = ledger.post(draft=draft, at=at).id
        refund.save(force_insert=True)
        RefundEvent.objects.create(refund=refund, state=refund.state, source="start", by=by, happened_at=at)
    return refund


def _row(captured: CaptureFact, amount: int, before: int, *, reason: str, by: str, at: datetime) -> Refund:
    terms = gateway.terms(captured.provider, captured.market)
    whole, part = queries.ways(captured)
    way = whole if before == 0 and amount == captured.amount_minor else part
    if way is None:
        raise NoWayBack(f"{captured.provider} in {captured.market} takes nothing back")
    share = _share(captured, amount, before)
    gives_fee = way is Way.OPERATION and terms.returns_fee
    fee_back = round_half_up(Fraction(captured.fee_minor * amount, captured.amount_minor)) if gives_fee else 0
    return Refund(
        id=new_id("ref", at),
        payment_ref=captured.payment_ref,
        invoice_ref=captured.invoice_ref,
        invoice_number=captured.invoice_number,
        owner_ref=captured.owner_ref,
        booked_as=captured.booked_as,
        entity=captured.entity,
        provider=captured.provider,
        market=captured.market,
        platform=gateway.platform(captured.provider, captured.market),
        currency=captured.currency,
        amount_minor=amount,
        net_minor=share.net_minor,
        tax_minor=share.tax_minor,
        fee_back_minor=fee_back,
        way=way,
        reason=reason,
        requested_by=by,
        requested_at=at,
        next_check_at=at if way is Way.OPERATION else None,
        leased_until=at + LEASE if way is Way.OPERATION else None,  # ours, until our own call is answered
        sent_at=at if way is Way.OPERATION else None,
    )


def _share(captured: CaptureFact, amount: int, before: int) -> sharing.Share:
    if captured.booked_as != "captured":
        return sharing.Share(0, 0)  # no sale was booked for it, so none is taken back
    invoice = invoices.invoice(captured.invoice_ref)
    return sharing.share(
        gross_minor=captured.amount_minor, net_minor=invoice.net_minor, refunded_minor=before, amount_minor=amount
    )


def _captured(payment_ref: str) -> CaptureFact:
    captured = payments.capture(payment_ref)
    if captured is None:
        raise NothingCaptured(payment_ref)
    return captured


def _one_at_a_time(payment_ref: str) -> None:
    """Two refunds of one payment wait for each other, so that together they are not more than it brought."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 42))", [f"refund {payment_ref}"])


def _send(refund: Refund, *, source: str, at: datetime) -> RefundFact:
    answer = gateway.start(_giving(refund))
    reach("refunds.request_sent")
    return apply_answer(refund_ref=refund.id, answer=answer, source=source, at=at)


def _giving(refund: Refund) -> gateway.Giving:
    captured = _captured(refund.payment_ref)
    return gateway.Giving(
        refund_ref=refund.id,
        provider=refund.provider,
        market=refund.market,
        platform=refund.platform,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        description=f"Coko {refund.invoice_number}",
        provider_ref=refund.provider_ref,
        asked_at=refund.sent_at,
        payment_ref=captured.payment_ref,
        payment_provider_ref=captured.provider_ref,
        payment_platform=captured.platform,
        payment_amount_minor=captured.amount_minor,
        payment_started_at=captured.started_at,
        payment_secrets=captured.secrets,
    )


@transaction.atomic(durable=True)
def _claim(*, states: Collection[str], at: datetime) -> Refund | None:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    refund = (
        Refund.objects.select_for_update(skip_locked=True)
        .filter(free, state__in=states, way=Way.OPERATION, next_check_at__lte=at)
        .order_by("next_check_at")
        .first()
    )
    if refund is None:
        return None
    refund.check_count += 1
    refund.leased_until = at + LEASE
    refund.next_check_at = recording.next_check(refund, at) or at + LEASE
    refund.save(update_fields=["check_count", "leased_until", "next_check_at"])
    return refund
