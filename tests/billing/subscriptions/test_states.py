"""The table of a subscription's life."""

import pytest

from billing.subscriptions.states import ENDED, FOLLOWS, LIVE, OWING, State, may_follow


class TestStates:
    def test_all_stand_in_the_table(self):
        assert set(FOLLOWS) == set(State)

    def test_the_end_is_final(self):
        assert {State.CANCELLED, State.EXPIRED} == ENDED
        assert not any(may_follow(state, then) for state in ENDED for then in State)

    @pytest.mark.parametrize("state", sorted(LIVE))
    def test_whoever_wants_to_leave_may(self, state):
        assert may_follow(state, State.CANCELLED)

    def test_only_who_owes_expires(self):
        assert [state for state in State if may_follow(state, State.EXPIRED)] == [State.PAST_DUE]
        assert State.PAST_DUE in OWING

    def test_nobody_pauses_a_debt(self):
        assert not any(may_follow(state, State.PAUSED) for state in OWING)

    def test_nothing_follows_itself(self):
        assert not any(may_follow(state, state) for state in State)
