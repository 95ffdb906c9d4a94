"""The life of a payout."""

import pytest

from billing.payouts.states import FOLLOWS, HELD, OPEN, State, may_follow


class TestFollows:
    def test_speaks_of_every_state(self):
        assert set(FOLLOWS) == set(State)

    def test_nothing_is_sent_before_it_is_approved(self):
        assert FOLLOWS[State.PREPARED] == {State.APPROVED, State.REJECTED}

    @pytest.mark.parametrize("end", [State.REVERSED, State.REJECTED])
    def test_has_ends(self, end):
        assert not any(may_follow(end, then) for then in State)

    def test_holds_while_the_provider_may_still_pay(self):
        assert OPEN < HELD
