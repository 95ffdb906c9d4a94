"""Writes down what an answer did to a payout: the row, its event, the ledger.

Inside `operations.apply_answer`'s transaction, with the payout's row locked.
"""

import logging
from datetime import datetime

import billing.ledger.operations as ledger
from billing import money, schedule
from billing.payouts import gateway, outcome, postings
from billing.payouts.facts import Outcome, TransferAnswer
from billing.payouts.models import Payout, PayoutEvent
from billing.payouts.outcome import Books, Sent, Verdict
from billing.payouts.states import OPEN, State, may_follow

log = logging.getLogger(__name__)

DESCRIPTION = "Versement à {name} · {description}"


class IllegalChange(Exception):
    """An answer led to a state that may not follow: a bug, nothing is written."""


def record(payout: Payout, answer: TransferAnswer, *, source: str, at: datetime, by: str = "") -> bool:
    """Apply one answer to a locked payout; whether the ledger heard of it."""
    verdict = _verdict(payout, answer, at)
    before = State(payout.state)
    if verdict.state is not before and not may_follow(before, verdict.state):
        raise IllegalChange(f"{payout.id}: {before} to {verdict.state}")
    news = verdict.flags - set(payout.flags)
    if answer.fee_minor is not None:
        payout.fee_minor = answer.fee_minor
    book(payout, verdict.books, at, reason=answer.failure_code or "failed")
    _write(payout, answer, verdict, at)
    if verdict.state is not before or news or (verdict.note and source != "poll"):
        remember(payout, source=source, note=verdict.note, at=at, by=by, raw=dict(answer.raw))
    return verdict.books is not Books.NOTHING


def next_check(payout: Payout, at: datetime) -> datetime | None:
    wallet = gateway.wallet(payout.provider, payout.market)
    started = payout.sent_at or payout.prepared_at
    window = wallet.status_window if wallet else schedule.GIVE_UP_AFTER
    return schedule.next_check(started_at=started, check_count=payout.check_count, at=at, window=window)


def leaving(payout: Payout, at: datetime) -> postings.Leaving:
    return postings.Leaving(
        payout_ref=payout.id,
        account=payout.account,
        provider=payout.provider,
        market=payout.market,
        amount_minor=payout.amount_minor,
        description=DESCRIPTION.format(name=payout.payee_name, description=payout.description),
        at=at,
    )


def book(payout: Payout, books: Books, at: datetime, *, reason: str) -> None:
    """Tell the ledger: the hold is settled, let go, or its entry taken back."""
    match books:
        case Books.PAID:
            key = postings.paid_key(payout.id)
            payout.entry_ref = ledger.post_hold(hold_ref=payout.hold_ref, key=key, at=at).id
            _book_fee(payout, at)
        case Books.PAID_AFTER_ALL:
            payout.entry_ref = _post_without_hold(payout, at)
            _book_fee(payout, at)
        case Books.LET_GO:
            ledger.void_hold(hold_ref=payout.hold_ref, reason=reason, at=at)
        case Books.REVERSED:
            for entry_ref in filter(None, (payout.entry_ref, payout.fee_entry_ref)):
                ledger.reverse(
                    entry_ref=entry_ref, key=f"{payout.id}:{entry_ref}:back", reason="Versement revenu", at=at
                )
    if books in (Books.PAID, Books.PAID_AFTER_ALL):
        payout.settled_at = at


def remember(
    payout: Payout, *, source: str, note: str, at: datetime, by: str = "", raw: dict[str, object] | None = None
) -> None:
    PayoutEvent.objects.create(
        payout=payout, state=payout.state, source=source, note=note, by=by, raw=raw or {}, happened_at=at
    )
    if note:
        log.warning("payout %s is %s: %s", payout.id, payout.state, note)


def _verdict(payout: Payout, answer: TransferAnswer, at: datetime) -> Verdict:
    wallet = gateway.wallet(payout.provider, payout.market)
    verdict = outcome.judge(
        Sent(
            id=payout.id,
            state=State(payout.state),
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            sent_at=payout.sent_at or payout.prepared_at,
            not_found_count=payout.not_found_count,
            may_be_sent_again=wallet is not None and wallet.may_be_sent_again,
        ),
        answer,
        at,
    )
    if verdict.state in OPEN and next_check(payout, at) is None:
        return outcome.no_answer(verdict)
    return verdict


def _book_fee(payout: Payout, at: datetime) -> None:
    if (draft := postings.fee(leaving(payout, at), payout.fee_minor)) is not None:
        payout.fee_entry_ref = ledger.post(draft=draft, at=at).id


def _post_without_hold(payout: Payout, at: datetime) -> str:
    gone = leaving(payout, at)
    try:
        return ledger.post(draft=postings.paid_after_all(gone), at=at).id
    except ledger.LimitExceeded:
        # What was owed has been paid another way meanwhile. The money is gone all the same, and the books say so.
        log.error(
            "payout %s was paid after all, and no longer owed: %s",
            payout.id,
            money.plain(payout.amount_minor, payout.currency),
        )
        return ledger.post(draft=postings.paid_from_nothing(gone), at=at).id


def _write(payout: Payout, answer: TransferAnswer, verdict: Verdict, at: datetime) -> None:
    payout.state = verdict.state
    payout.flags = sorted({*payout.flags, *verdict.flags})
    if "reference_mismatch" not in verdict.flags:
        payout.provider_ref = payout.provider_ref or answer.provider_ref
        payout.transaction_ref = payout.transaction_ref or answer.transaction_ref
    if verdict.state is State.FAILED:
        payout.failure_reason = answer.failure_reason or payout.failure_reason or "unspecified"
        payout.failure_code = answer.failure_code or payout.failure_code
    elif verdict.state is State.SUCCEEDED:
        payout.failure_reason = payout.failure_code = ""
    again = verdict.state is State.APPROVED and answer.outcome is Outcome.NOT_FOUND and bool(verdict.note)
    payout.not_found_count = 0 if again else payout.not_found_count + (answer.outcome is Outcome.NOT_FOUND)
    payout.leased_until = None
    payout.next_check_at = at if again else next_check(payout, at) if verdict.ask_again else None
    payout.save()
