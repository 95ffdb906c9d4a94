"""What answers do, in any order and any number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.facts import Outcome, ProviderAnswer
from billing.payments.outcome import Attempt, Books, Verdict, judge
from billing.payments.states import OPEN, State, may_follow

START = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
PAID = ProviderAnswer(Outcome.SUCCEEDED, amount_minor=1500, currency="XOF")
ANSWERS = [
    PAID,
    *(ProviderAnswer(outcome) for outcome in Outcome if outcome is not Outcome.SUCCEEDED),
    ProviderAnswer(Outcome.PENDING, amount_minor=900, currency="XOF"),
    ProviderAnswer(Outcome.SUCCEEDED),
    ProviderAnswer(Outcome.SUCCEEDED, amount_minor=1500, currency="XOF", client_reference="pay_other"),
]


def attempt(state: State = State.PENDING, **known: object) -> Attempt:
    fields = {"booked": state is State.SUCCEEDED, "settled_at": None, "not_found_count": 0, **known}
    return Attempt("pay_1", state, 1500, "XOF", started_at=START, **fields)


def after(now: Attempt, verdict: Verdict, answer: ProviderAnswer, at: datetime) -> Attempt:
    """The attempt once the verdict is written down."""
    booked = verdict.books is not Books.NOTHING
    return replace(
        now,
        state=verdict.state,
        booked=now.booked or booked,
        settled_at=at if booked else now.settled_at,
        not_found_count=now.not_found_count + (answer.outcome is Outcome.NOT_FOUND),
    )


def told(answers: list[ProviderAnswer]) -> tuple[Attempt, list[Books]]:
    now, books = attempt(State.CREATED), []
    for number, answer in enumerate(answers):
        verdict = judge(now, answer, START)
        assert verdict.state is now.state or may_follow(now.state, verdict.state), f"answer {number}"
        books += [verdict.books] * (verdict.books is not Books.NOTHING)
        now = after(now, verdict, answer, START)
    return now, books


class TestJudge:
    @given(st.data())
    def test_comes_to_the_same_end_in_any_order_and_with_any_repetition(self, data):
        # A refusal is about the first sending only, so its place does matter; it is not part of a history.
        usable = [answer for answer in ANSWERS if answer.outcome is not Outcome.REFUSED]
        history = data.draw(st.lists(st.sampled_from(usable), min_size=5, max_size=5))
        repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=5))
        first, first_books = told(history)
        again, again_books = told(data.draw(st.permutations(repeated)))
        assert (first.state, first.booked, first_books) == (again.state, again.booked, again_books)

    @given(st.lists(st.sampled_from(ANSWERS), max_size=10))
    def test_books_money_once_at_most(self, history):
        assert len(told(history)[1]) <= 1

    @given(st.lists(st.sampled_from(ANSWERS), max_size=10))
    def test_never_loses_a_success(self, history):
        end, books = told([*history, PAID])
        assert (end.state, books) == (State.SUCCEEDED, [Books.CAPTURED])

    @pytest.mark.parametrize(
        "said", [(900, "XOF"), (1100, "XOF"), (150_000, "XOF"), (1500, "XAF")], ids=lambda said: f"{said[0]}-{said[1]}"
    )
    def test_keeps_another_amount_or_currency_apart(self, said):
        verdict = judge(attempt(), ProviderAnswer(Outcome.SUCCEEDED, amount_minor=said[0], currency=said[1]), START)
        assert (verdict.state, verdict.books) == (State.NEEDS_REVIEW, Books.MISMATCH)

    def test_books_nothing_when_the_amount_is_not_said(self):
        verdict = judge(attempt(), ProviderAnswer(Outcome.SUCCEEDED), START)
        assert (verdict.state, verdict.books, verdict.flags) == (State.NEEDS_REVIEW, Books.NOTHING, {"amount_unknown"})

    @pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED])
    def test_flags_a_late_success(self, state):
        verdict = judge(attempt(state), PAID, START)
        assert (verdict.state, verdict.flags) == (State.SUCCEEDED, {"late_success"})

    def test_flags_what_contradicts_a_success(self):
        settled = attempt(State.SUCCEEDED, settled_at=START)
        later = START + timedelta(seconds=1)
        assert judge(settled, ProviderAnswer(Outcome.FAILED), START).flags == {"contradicted"}
        assert judge(settled, ProviderAnswer(Outcome.PENDING), later).flags == {"contradicted"}
        assert judge(settled, replace(PAID, amount_minor=900), later).flags == {"contradicted"}
        assert judge(settled, ProviderAnswer(Outcome.UNKNOWN), later) == Verdict(State.SUCCEEDED)

    def test_takes_a_question_asked_before_the_money_for_a_late_one(self):
        settled = attempt(State.SUCCEEDED, settled_at=START)
        assert judge(settled, ProviderAnswer(Outcome.PENDING), START - timedelta(seconds=1)) == Verdict(State.SUCCEEDED)

    def test_asks_again_while_the_end_is_open(self):
        assert judge(attempt(), ProviderAnswer(Outcome.PENDING), START).ask_again
        assert judge(attempt(State.EXPIRED), ProviderAnswer(Outcome.UNKNOWN), START).ask_again
        assert not judge(attempt(), ProviderAnswer(Outcome.FAILED), START).ask_again
        assert not judge(attempt(), PAID, START).ask_again

    @pytest.mark.parametrize("state", sorted(OPEN))
    def test_never_takes_silence_for_a_no(self, state):
        assert judge(attempt(state), ProviderAnswer(Outcome.UNKNOWN), START).state in OPEN


class TestNotFound:
    """The provider knows nothing of it: at first that means nothing."""

    def heard(self, state: State, *, seconds: int, times: int) -> State:
        at = START + timedelta(seconds=seconds)
        return judge(attempt(state, not_found_count=times - 1), ProviderAnswer(Outcome.NOT_FOUND), at).state

    def test_changes_nothing_within_the_grace(self):
        assert self.heard(State.UNKNOWN, seconds=59, times=9) is State.UNKNOWN

    def test_must_be_said_three_times(self):
        assert self.heard(State.UNKNOWN, seconds=3600, times=2) is State.UNKNOWN

    def test_has_a_young_attempt_sent_again(self):
        assert self.heard(State.UNKNOWN, seconds=70, times=3) is State.CREATED

    def test_ends_an_old_one(self):
        assert self.heard(State.UNKNOWN, seconds=600, times=3) is State.EXPIRED

    def test_does_not_unmake_what_the_provider_confirmed(self):
        assert self.heard(State.PENDING, seconds=3600, times=9) is State.PENDING
