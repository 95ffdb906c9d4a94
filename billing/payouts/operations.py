"""Everything that changes payouts. Reads no clock: callers pass `at`.

One person prepares, another one approves; approving holds every sum in the ledger. Then, as with payments: what is
about to be asked is committed, the provider is asked with no transaction open, its answer is committed; sweeps find
what a process that died left undone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

import billing.ledger.operations as ledger
from billing import phones
from billing.crashpoints import reach
from billing.ids import new_id
from billing.outbox import sweeps
from billing.payouts import gateway, postings, preparing, queries, recording
from billing.payouts.facts import BatchFact, PayoutAsked, PayoutFact, TransferAnswer
from billing.payouts.gateway import CannotReverse as CannotReverse
from billing.payouts.models import Payout, PayoutBatch
from billing.payouts.outcome import Books
from billing.payouts.queries import NoSuchBatch as NoSuchBatch
from billing.payouts.queries import NoSuchPayout as NoSuchPayout
from billing.payouts.states import OPEN, State

LEASE = timedelta(seconds=settings.LEASE_SECONDS)


class AnotherPersonNeeded(Exception):
    """Who prepared a batch, or asked for a decision, does not approve it."""


class AlreadyDecided(Exception):
    """The batch was approved or rejected before."""


class NothingToDecide(Exception):
    """The payout is not waiting for a person."""


class ReasonMissing(Exception):
    """A decision against somebody's wish takes a reason."""


def prepare(*, title: str, asked: Sequence[PayoutAsked], by: str, at: datetime) -> BatchFact:
    """Put payouts together for somebody else to approve. What cannot be paid is told with its reason, in `refusals`.

    A sum beyond what the wallet takes at once becomes several payouts.
    """
    batch = PayoutBatch(id=new_id("pob", at), title=title, prepared_by=by, prepared_at=at)
    done = preparing.prepare(batch, asked, at)
    batch.refusals = [{"key": one.key, "rule": one.rule, "message": one.message} for one in done.refusals]
    with transaction.atomic():
        batch.save(force_insert=True)
        for row in done.rows:
            row.save(force_insert=True)
            recording.remember(row, source="prepared", note="", by=by, at=at)
    return batch.as_fact()


def approve(*, batch_ref: str, by: str, at: datetime) -> BatchFact:
    """Hold every payout's sum in the ledger, so that none is promised twice, and let them be sent.

    :raises NoSuchBatch: no batch has that id.
    :raises AlreadyDecided: approved or rejected before.
    :raises AnotherPersonNeeded: the same person prepared it.
    :raises billing.ledger.refusals.LimitExceeded: one sum is not there any more; nothing of the batch was approved.
    """
    with transaction.atomic():
        batch = _undecided(batch_ref)
        if batch.prepared_by == by:
            raise AnotherPersonNeeded(f"{by} prepared {batch_ref}")
        rows = list(batch.payouts.select_for_update().order_by("id"))
        drafts = [postings.held(recording.leaving(row, at)) for row in rows]
        holds = ledger.hold_many(drafts=drafts, expires_at=None, at=at) if drafts else ()
        for row, hold in zip(rows, holds, strict=True):
            row.state, row.hold_ref, row.next_check_at = State.APPROVED, hold.id, at
            row.save(update_fields=["state", "hold_ref", "next_check_at"])
            recording.remember(row, source="approved", note="", by=by, at=at)
        _decide(batch, "approved", by=by, at=at)
    return batch.as_fact()


def reject(*, batch_ref: str, by: str, reason: str, at: datetime) -> BatchFact:
    """Send none of it. Who prepared it may take it back.

    :raises NoSuchBatch: no batch has that id.
    :raises AlreadyDecided: approved or rejected before.
    :raises ReasonMissing: no reason was given.
    """
    if not reason.strip():
        raise ReasonMissing(batch_ref)
    with transaction.atomic():
        batch = _undecided(batch_ref)
        for row in batch.payouts.select_for_update().order_by("id"):
            row.state = State.REJECTED
            row.save(update_fields=["state"])
            recording.remember(row, source="rejected", note="", by=by, at=at)
        _decide(batch, "rejected", by=by, reason=reason, at=at)
    return batch.as_fact()


def apply_answer(*, payout_ref: str, answer: TransferAnswer, source: str, at: datetime, by: str = "") -> PayoutFact:
    """Make an answer count, once, whoever brings it and however often. `at` is when the question was asked.

    :raises NoSuchPayout: no payout has that id.
    """
    with transaction.atomic():
        payout = _locked(payout_ref)
        booked = recording.record(payout, answer, source=source, at=at, by=by)
        if booked:
            reach("payouts.outcome_before_commit")
    if booked:
        reach("payouts.outcome_committed")
    return payout.as_fact()


def refresh(*, payout_ref: str, source: str, at: datetime) -> PayoutFact:
    """Ask the provider what became of a payout, and apply its answer.

    :raises NoSuchPayout: no payout has that id.
    """
    payout = _outside_transactions(payout_ref)
    if payout.state in (State.PREPARED, State.REJECTED):
        return payout.as_fact()
    return apply_answer(payout_ref=payout_ref, answer=gateway.fetch(_transfer(payout)), source=source, at=at)


def call_back(*, payout_ref: str, by: str, at: datetime) -> PayoutFact:
    """Call a payout that has arrived back, where the provider can; the debt then stands again.

    :raises NoSuchPayout: no payout has that id.
    :raises CannotReverse: the provider does not, or its time for it is over.
    """
    payout = _outside_transactions(payout_ref)
    if not queries.may_be_called_back(payout.as_fact(), at=at):
        raise CannotReverse(f"{payout_ref} is {payout.state}; {payout.provider} does not call it back, or no longer")
    answer = gateway.reverse(_transfer(payout))
    return apply_answer(payout_ref=payout_ref, answer=answer, source="reversal", at=at, by=by)


def decide(*, payout_ref: str, was_paid: bool, reason: str, by: str, at: datetime) -> PayoutFact:
    """A person says what became of a payout that nobody could tell, by the provider's statement or its word.

    :raises NoSuchPayout: no payout has that id.
    :raises NothingToDecide: it does not wait for a person.
    :raises ReasonMissing: no reason was given.
    """
    if not reason.strip():
        raise ReasonMissing(payout_ref)
    with transaction.atomic():
        payout = _locked(payout_ref)
        if payout.state != State.NEEDS_REVIEW:
            raise NothingToDecide(f"{payout_ref} is {payout.state}")
        recording.book(payout, Books.PAID if was_paid else Books.LET_GO, at, reason=reason)
        payout.state = State.SUCCEEDED if was_paid else State.FAILED
        payout.failure_reason = "" if was_paid else payout.failure_reason or "unspecified"
        payout.save()
        recording.remember(payout, source="review", note=reason, by=by, at=at)
    return payout.as_fact()


def send_due(*, at: datetime, limit: int = 50) -> int:
    """Send what is approved; how many were taken up."""
    return sweeps.count(send_one, at=at, limit=limit)


def send_one(*, at: datetime) -> bool:
    """Send one approved payout; whether there was one."""
    payout = _claim(states=[State.APPROVED], at=at)
    if payout is None:
        return False
    if not _has_ticket(payout):
        return True  # not sent; taken up again when its lease is over
    answer = gateway.start(_transfer(payout))
    reach("payouts.request_sent")
    apply_answer(payout_ref=payout.id, answer=answer, source="send", at=at)
    return True


def poll_due(*, at: datetime, limit: int = 50) -> int:
    """Ask about every payout whose time has come; how many were asked about."""
    return sweeps.count(poll_one, at=at, limit=limit)


def poll_one(*, at: datetime) -> bool:
    """Ask about one payout whose time has come; whether there was one."""
    payout = _claim(states=OPEN - {State.APPROVED}, at=at)
    if payout is None:
        return False
    refresh(payout_ref=payout.id, source="poll", at=at)
    return True


def _undecided(batch_ref: str) -> PayoutBatch:
    batch = PayoutBatch.objects.select_for_update().filter(pk=batch_ref).first()
    if batch is None:
        raise NoSuchBatch(batch_ref)
    if batch.state != "prepared":
        raise AlreadyDecided(f"{batch_ref} is {batch.state}")
    return batch


def _decide(batch: PayoutBatch, state: str, *, by: str, at: datetime, reason: str = "") -> None:
    batch.state, batch.decided_by, batch.decided_at, batch.reason = state, by, at, reason
    batch.save()


def _locked(payout_ref: str) -> Payout:
    payout = Payout.objects.select_for_update().filter(pk=payout_ref).first()
    if payout is None:
        raise NoSuchPayout(payout_ref)
    return payout


def _outside_transactions(payout_ref: str) -> Payout:
    """Read the payout, and refuse to go on when a transaction is open: a provider is about to be called."""
    with transaction.atomic(durable=True):
        return queries.row(payout_ref)


def _transfer(payout: Payout) -> gateway.Transfer:
    return gateway.Transfer(
        payout_ref=payout.id,
        provider=payout.provider,
        market=payout.market,
        platform=payout.platform,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        payee_phone=phones.unseal(payout.payee_phone_sealed),
        payee_name=payout.payee_name,
        description=payout.description,
        provider_ref=payout.provider_ref,
        asked_at=payout.sent_at,
        ticket=payout.ticket,
    )


def _has_ticket(payout: Payout) -> bool:
    """Where the provider hands out tickets before it pays: fetch one, once, and commit it before anything is sent."""
    if payout.ticket:
        return True
    try:
        payout.ticket = gateway.ticket(payout.provider, payout.market) or ""
    except gateway.NoTicket:
        return False
    if payout.ticket:
        # It is the only key to what becomes of the payout, so it is what we ask with.
        payout.provider_ref = payout.ticket
        with transaction.atomic(durable=True):
            payout.save(update_fields=["ticket", "provider_ref"])
    return True


@transaction.atomic(durable=True)
def _claim(*, states: Collection[str], at: datetime) -> Payout | None:
    """Lease one due payout. One that crashes us stays leased and keeps nobody else waiting."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    payout = (
        Payout.objects.select_for_update(skip_locked=True)
        .filter(free, state__in=states, next_check_at__lte=at)
        .order_by("next_check_at")
        .first()
    )
    if payout is None:
        return None
    payout.check_count += 1
    payout.leased_until = at + LEASE
    payout.sent_at = payout.sent_at or at
    payout.next_check_at = recording.next_check(payout, at) or at + LEASE
    payout.save(update_fields=["check_count", "leased_until", "next_check_at", "sent_at"])
    return payout
