"""What answers do to a payout, in whatever order they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payouts.facts import Outcome, TransferAnswer
from billing.payouts.outcome import Books, Sent, judge
from billing.payouts.states import OPEN, State, may_follow

AT = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def sent(at):
    return Sent("out_1", State.APPROVED, 5000, "XOF", at, 0, True)


def said(outcome, **more):
    return TransferAnswer(outcome, **more)


class TestJudge:
    @given(st.sampled_from(State), st.sampled_from(Outcome), st.sampled_from([None, 5000, 4999]), st.integers(0, 3))
    def test_never_makes_a_step_that_may_not_follow(self, state, outcome, amount, not_found):
        if state in (State.PREPARED, State.REJECTED):
            return
        before = Sent("out_1", state, 5000, "XOF", AT, not_found, True)
        told = said(outcome, amount_minor=amount, currency="XOF" if amount else None)
        verdict = judge(before, told, AT + timedelta(minutes=5))
        assert verdict.state is state or may_follow(state, verdict.state)
        # The hold is settled or let go exactly when the payout leaves the states that need it.
        if verdict.books is Books.PAID:
            assert state is not State.FAILED
        if state in OPEN and verdict.state in (State.SUCCEEDED, State.FAILED):
            assert verdict.books in (Books.PAID, Books.LET_GO)

    def test_takes_silence_for_nothing(self, sent, at):
        assert judge(sent, said(Outcome.UNKNOWN), at).state is State.UNKNOWN
        assert judge(replace(sent, state=State.PENDING), said(Outcome.UNKNOWN), at).state is State.PENDING

    def test_ends_the_same_in_every_order(self, sent, at):
        answers = [said(Outcome.PENDING), said(Outcome.UNKNOWN), said(Outcome.SUCCEEDED), said(Outcome.NOT_FOUND)]
        ends = set()
        for order in permutations(answers):
            state, paid = sent.state, 0
            for told in order:
                verdict = judge(replace(sent, state=state), told, at)
                state, paid = verdict.state, paid + (verdict.books is Books.PAID)
            ends.add((state, paid))
        assert ends == {(State.SUCCEEDED, 1)}

    def test_calls_a_person_when_another_amount_was_paid(self, sent, at):
        verdict = judge(sent, said(Outcome.SUCCEEDED, amount_minor=4999, currency="XOF"), at)
        assert (verdict.state, verdict.books) == (State.NEEDS_REVIEW, Books.NOTHING)

    def test_books_what_was_paid_after_it_had_failed(self, sent, at):
        verdict = judge(replace(sent, state=State.FAILED), said(Outcome.SUCCEEDED), at)
        assert (verdict.state, verdict.books) == (State.SUCCEEDED, Books.PAID_AFTER_ALL)

    def test_sends_again_only_where_the_same_is_done_once(self, sent, at):
        late = at + timedelta(minutes=2)
        unknown = replace(sent, state=State.UNKNOWN, not_found_count=2)
        assert judge(unknown, said(Outcome.NOT_FOUND), late).state is State.APPROVED
        careful = replace(unknown, may_be_sent_again=False)
        assert judge(careful, said(Outcome.NOT_FOUND), late).state is State.NEEDS_REVIEW

    def test_waits_before_it_believes_that_nobody_knows_it(self, sent, at):
        early = replace(sent, state=State.UNKNOWN, not_found_count=5)
        assert judge(early, said(Outcome.NOT_FOUND), at + timedelta(seconds=30)).state is State.UNKNOWN

    def test_refuses_an_answer_about_another(self, sent, at):
        verdict = judge(sent, said(Outcome.SUCCEEDED, client_reference="out_2"), at)
        assert (verdict.state, verdict.flags) == (State.NEEDS_REVIEW, {"reference_mismatch"})

    def test_takes_back_what_came_back(self, sent, at):
        verdict = judge(replace(sent, state=State.SUCCEEDED), said(Outcome.REVERSED), at)
        assert (verdict.state, verdict.books) == (State.REVERSED, Books.REVERSED)
