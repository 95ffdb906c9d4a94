"""What an answer of a provider does to a payout. Pure: the one place where it is decided.

As with payments, answers come late, twice and in any order, and what they do is a climb:
approved < unknown < pending < needs_review < failed < money booked < reversed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing import schedule
from billing.payouts.facts import Outcome, TransferAnswer
from billing.payouts.states import OPEN, State


class Books(StrEnum):
    """What the ledger must hear of."""

    NOTHING = "nothing"
    PAID = "paid"
    PAID_AFTER_ALL = "paid_after_all"  # its hold is gone
    LET_GO = "let_go"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of a payout before the answer."""

    id: str
    state: State
    amount_minor: int
    currency: str
    sent_at: datetime
    not_found_count: int
    may_be_sent_again: bool  # the provider does the same reference once


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    books: Books = Books.NOTHING
    flags: frozenset[str] = frozenset()
    note: str = ""
    ask_again: bool = False


def judge(sent: Sent, answer: TransferAnswer, at: datetime) -> Verdict:
    """The payout's next state, what to book and what to flag. `at` is when the question was asked."""
    if answer.client_reference not in (None, "", sent.id):
        return _reviewed(sent, "reference_mismatch", f"the provider answered for {answer.client_reference}")
    if sent.state in (State.SUCCEEDED, State.REVERSED):
        return _after_the_money(sent, answer)
    verdict = _decide(sent, answer, at)
    return replace(verdict, ask_again=verdict.state in OPEN)


def no_answer(verdict: Verdict) -> Verdict:
    """The same, once there is no sense in asking any more."""
    flags = verdict.flags | {"no_answer"}
    return replace(verdict, state=State.NEEDS_REVIEW, flags=flags, note="no final answer in time", ask_again=False)


def _decide(sent: Sent, answer: TransferAnswer, at: datetime) -> Verdict:
    match answer.outcome:
        case Outcome.SUCCEEDED:
            return _succeeded(sent, answer)
        case Outcome.FAILED:
            return _failed(sent)
        case Outcome.REFUSED:
            # Only the first word can be a refusal of it: later ones are about the repeated request.
            return _failed(sent) if sent.state is State.APPROVED else Verdict(sent.state)
        case Outcome.REVERSED:
            return _reviewed(sent, "reversed_unseen", "came back before it was seen to arrive")
        case Outcome.PENDING:
            return Verdict(State.PENDING if sent.state in OPEN else sent.state)
        case Outcome.NOT_FOUND:
            return _not_found(sent, at)
        case Outcome.UNKNOWN:
            return Verdict(State.UNKNOWN if sent.state is State.APPROVED else sent.state)
        case Outcome.UNSENT:
            return Verdict(sent.state)


def _succeeded(sent: Sent, answer: TransferAnswer) -> Verdict:
    told = (answer.amount_minor, answer.currency)
    if answer.amount_minor is not None and told != (sent.amount_minor, sent.currency):
        return _reviewed(sent, "amount_mismatch", f"paid {answer.amount_minor} {answer.currency} (minor units)")
    if sent.state is State.FAILED:
        return Verdict(State.SUCCEEDED, Books.PAID_AFTER_ALL, frozenset({"late_success"}), "paid after it had failed")
    return Verdict(State.SUCCEEDED, Books.PAID)


def _failed(sent: Sent) -> Verdict:
    if sent.state is State.FAILED:
        return Verdict(State.FAILED)
    return Verdict(State.FAILED, Books.LET_GO)


def _not_found(sent: Sent, at: datetime) -> Verdict:
    if sent.state not in (State.APPROVED, State.UNKNOWN):
        return Verdict(sent.state)  # the provider confirmed it before: its memory is at fault
    grace = at - sent.sent_at < schedule.NOT_FOUND_GRACE or sent.not_found_count + 1 < schedule.NOT_FOUND_ANSWERS
    if grace:
        return Verdict(sent.state)
    if sent.may_be_sent_again:
        return Verdict(State.APPROVED, note="the provider does not know it: to be sent again")
    return _reviewed(sent, "never_known", "the provider does not know it, and would not know the same one twice")


def _after_the_money(sent: Sent, answer: TransferAnswer) -> Verdict:
    if answer.outcome is Outcome.REVERSED and sent.state is State.SUCCEEDED:
        return Verdict(State.REVERSED, Books.REVERSED)
    if answer.outcome is Outcome.FAILED and sent.state is State.SUCCEEDED:
        return Verdict(sent.state, flags=frozenset({"contradicted"}), note="says failed after it was paid")
    return Verdict(sent.state)


def _reviewed(sent: Sent, flag: str, note: str) -> Verdict:
    state = State.NEEDS_REVIEW if sent.state in OPEN else sent.state
    return Verdict(state, flags=frozenset({flag}), note=note)
