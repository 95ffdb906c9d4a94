"""The table of what may follow what."""

import pytest

from billing.payments.states import FOLLOWS, OPEN, State, may_follow


class TestMayFollow:
    def test_names_every_state(self):
        assert set(FOLLOWS) == set(State)

    @pytest.mark.parametrize("then", list(State))
    def test_never_leaves_success(self, then):
        assert not may_follow(State.SUCCEEDED, then)

    @pytest.mark.parametrize("now", [state for state in State if state is not State.SUCCEEDED])
    def test_accepts_success_from_everywhere_else(self, now):
        assert may_follow(now, State.SUCCEEDED)

    def test_never_opens_a_closed_attempt_again(self):
        closed = set(State) - OPEN
        assert not any(may_follow(now, then) for now in closed for then in OPEN)
