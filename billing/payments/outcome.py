"""What an answer of a provider does to an attempt. Pure: the one place where it is decided.

Answers come late, twice and in any order, so what they do is a climb that never goes down:
created < unknown < pending < needs_review < expired < failed < money booked. Whatever the order, the end is the same.
(Only two successes of different amounts for one attempt have no common end; both ways a person is called.)
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing import schedule
from billing.payments.facts import Outcome, ProviderAnswer
from billing.payments.states import OPEN, State


class Books(StrEnum):
    """What the ledger must hear of."""

    NOTHING = "nothing"
    CAPTURED = "captured"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of an attempt before the answer."""

    id: str
    state: State
    amount_minor: int
    currency: str
    booked: bool  # its money is in the ledger already
    started_at: datetime
    settled_at: datetime | None
    not_found_count: int


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    books: Books = Books.NOTHING
    flags: frozenset[str] = frozenset()
    note: str = ""  # not empty: worth an event even when the state stays
    ask_again: bool = False


def judge(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    """The attempt's next state, what to book and what to flag. `at` is when the question was asked."""
    if answer.client_reference not in (None, "", attempt.id):
        return _reviewed(attempt, "reference_mismatch", f"the provider answered for {answer.client_reference}")
    if attempt.booked:
        return _after_the_money(attempt, answer, at)
    verdict = _BY_OUTCOME[answer.outcome](attempt, answer, at)
    no_end = answer.outcome in (Outcome.PENDING, Outcome.UNKNOWN, Outcome.UNSENT, Outcome.SUCCEEDED)
    return replace(verdict, ask_again=verdict.books is Books.NOTHING and (verdict.state in OPEN or no_end))


def contradicts(attempt: Attempt, answer: ProviderAnswer, *, was_paid: bool) -> bool:
    """Whether the provider says something else of an attempt in review than a person does.

    Silence says nothing, nor does «not found»: of an attempt in review its memory has failed. «Pending» is against
    both: it may still be paid, or refused. A final word with an amount has ended the attempt already.
    """
    if answer.client_reference not in (None, "", attempt.id):
        return False  # of another payment
    return answer.outcome is Outcome.PENDING or (answer.outcome is Outcome.SUCCEEDED and not was_paid)


def provider_ref_taken(attempt: Attempt) -> Verdict:
    """The answer names a session or movement that already belongs to another attempt: it settles nothing twice."""
    return _reviewed(attempt, "provider_ref_taken", "the provider's reference belongs to another payment")


def no_answer(verdict: Verdict) -> Verdict:
    """The same, once there is no sense in asking any more."""
    flags = verdict.flags | {"no_answer"}
    return replace(verdict, state=State.NEEDS_REVIEW, flags=flags, note="no final answer in time", ask_again=False)


def _reviewed(attempt: Attempt, flag: str, note: str) -> Verdict:
    state = State.NEEDS_REVIEW if attempt.state in OPEN else attempt.state
    return Verdict(state, flags=frozenset({flag}), note=note)


def _after_the_money(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    stays = Verdict(attempt.state)
    if answer.outcome is Outcome.SUCCEEDED:
        if attempt.state is State.SUCCEEDED and not _same_amount(attempt, answer):
            return replace(stays, flags=frozenset({"contradicted"}), note=f"now says {_amount(answer)}")
        return stays
    # A reading that was asked for before the money came is only late; one asked for afterwards contradicts it.
    asked_later = attempt.settled_at is not None and at > attempt.settled_at
    is_word = answer.outcome in (Outcome.PENDING, Outcome.EXPIRED, Outcome.NOT_FOUND)
    if answer.outcome is Outcome.FAILED or (is_word and asked_later):
        return replace(stays, flags=frozenset({"contradicted"}), note=f"says {answer.outcome} after the money came")
    return stays


def _succeeded(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    if answer.amount_minor is None or answer.currency is None:
        return _reviewed(attempt, "amount_unknown", "paid, without an amount")
    late = frozenset({"late_success"}) if attempt.state in (State.FAILED, State.EXPIRED) else frozenset[str]()
    if not _same_amount(attempt, answer):
        flags = late | {"amount_mismatch"}
        return Verdict(State.NEEDS_REVIEW, Books.MISMATCH, flags, f"paid {_amount(answer)}")
    return Verdict(State.SUCCEEDED, Books.CAPTURED, late, f"paid after it was {attempt.state}" if late else "")


def _pending(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    if attempt.state not in OPEN:
        return Verdict(attempt.state)
    if answer.amount_minor is not None and not _same_amount(attempt, answer):
        return _reviewed(attempt, "amount_mismatch", f"asks the payer for {_amount(answer)}")
    return Verdict(State.PENDING)


def _failed(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    return Verdict(State.FAILED)


def _expired(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    return Verdict(attempt.state if attempt.state is State.FAILED else State.EXPIRED)


def _not_found(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    if attempt.state not in (State.CREATED, State.UNKNOWN):
        return Verdict(attempt.state)  # the provider confirmed it before: its memory is at fault, the schedule goes on
    age = at - attempt.started_at
    if age < schedule.NOT_FOUND_GRACE or attempt.not_found_count + 1 < schedule.NOT_FOUND_ANSWERS:
        return Verdict(attempt.state)
    if age < schedule.RESEND_FOR:
        return Verdict(State.CREATED, note="the provider does not know it: to be sent again")
    return Verdict(State.EXPIRED, note="the provider never knew it")


def _unknown(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    return Verdict(State.UNKNOWN if attempt.state is State.CREATED else attempt.state)


def _unsent(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    return Verdict(attempt.state)


def _refused(attempt: Attempt, answer: ProviderAnswer, at: datetime) -> Verdict:
    # Only the first word on an attempt can be a refusal of it: later ones are about the repeated request.
    return Verdict(State.FAILED if attempt.state is State.CREATED else attempt.state)


_BY_OUTCOME = {
    Outcome.SUCCEEDED: _succeeded,
    Outcome.PENDING: _pending,
    Outcome.FAILED: _failed,
    Outcome.EXPIRED: _expired,
    Outcome.NOT_FOUND: _not_found,
    Outcome.UNKNOWN: _unknown,
    Outcome.UNSENT: _unsent,
    Outcome.REFUSED: _refused,
}


def _same_amount(attempt: Attempt, answer: ProviderAnswer) -> bool:
    return (answer.amount_minor, answer.currency) == (attempt.amount_minor, attempt.currency)


def _amount(answer: ProviderAnswer) -> str:
    return f"{answer.amount_minor} {answer.currency} (minor units)"
