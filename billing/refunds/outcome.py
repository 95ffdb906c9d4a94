"""What an answer of a provider does to a refund. Pure.

granted < unknown < pending < needs_review < failed < succeeded: answers come late, twice and in any order.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing import schedule
from billing.refunds.facts import Outcome, RefundAnswer
from billing.refunds.states import OPEN, State


class Books(StrEnum):
    NOTHING = "nothing"
    SENT = "sent"
    TAKEN_BACK = "taken_back"  # nothing was given back: the sale stands again


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a refund before the answer."""

    id: str
    state: State
    amount_minor: int
    currency: str
    sent_at: datetime
    not_found_count: int


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    books: Books = Books.NOTHING
    flags: frozenset[str] = frozenset()
    note: str = ""
    ask_again: bool = False


def judge(asked: Asked, answer: RefundAnswer, at: datetime) -> Verdict:
    """The refund's next state, what to book and what to flag. `at` is when the question was asked."""
    if asked.state is State.SUCCEEDED:
        contradicted = answer.outcome is Outcome.FAILED
        return Verdict(asked.state, flags=frozenset({"contradicted"} if contradicted else ()))
    verdict = _decide(asked, answer, at)
    return replace(verdict, ask_again=verdict.state in OPEN)


def no_answer(verdict: Verdict) -> Verdict:
    """The same, once there is no sense in asking any more."""
    flags = verdict.flags | {"no_answer"}
    return replace(verdict, state=State.NEEDS_REVIEW, flags=flags, note="no final answer in time", ask_again=False)


def _decide(asked: Asked, answer: RefundAnswer, at: datetime) -> Verdict:
    match answer.outcome:
        case Outcome.SUCCEEDED:
            return _succeeded(asked, answer)
        case Outcome.FAILED:
            return _failed(asked)
        case Outcome.REFUSED:
            return _failed(asked) if asked.state is State.GRANTED else Verdict(asked.state)
        case Outcome.PENDING:
            return Verdict(State.PENDING if asked.state in OPEN else asked.state)
        case Outcome.NOT_FOUND:
            return _not_found(asked, at)
        case Outcome.UNKNOWN:
            return Verdict(State.UNKNOWN if asked.state is State.GRANTED else asked.state)
        case Outcome.UNSENT:
            return Verdict(asked.state)


def _succeeded(asked: Asked, answer: RefundAnswer) -> Verdict:
    if asked.state is State.FAILED:
        return Verdict(State.NEEDS_REVIEW, flags=frozenset({"late_success"}), note="given back after it had failed")
    told = (answer.amount_minor, answer.currency)
    if answer.amount_minor is not None and told != (asked.amount_minor, asked.currency):
        note = f"gave back {answer.amount_minor} {answer.currency} (minor units)"
        return Verdict(State.NEEDS_REVIEW, flags=frozenset({"amount_mismatch"}), note=note)
    return Verdict(State.SUCCEEDED, Books.SENT)


def _failed(asked: Asked) -> Verdict:
    return Verdict(State.FAILED, Books.NOTHING if asked.state is State.FAILED else Books.TAKEN_BACK)


def _not_found(asked: Asked, at: datetime) -> Verdict:
    if asked.state not in (State.GRANTED, State.UNKNOWN):
        return Verdict(asked.state)
    early = at - asked.sent_at < schedule.NOT_FOUND_GRACE or asked.not_found_count + 1 < schedule.NOT_FOUND_ANSWERS
    if early:
        return Verdict(asked.state)
    # A refund is done once by its reference at every provider that has the operation.
    return Verdict(State.GRANTED, note="the provider does not know it: to be sent again")
