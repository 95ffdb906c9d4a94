"""The life of an invoice."""

import pytest

from billing.invoices.states import FOLLOWS, State, may_follow


class TestMayFollow:
    def test_lets_an_open_invoice_be_paid_or_voided(self):
        assert may_follow(State.OPEN, State.PAID)
        assert may_follow(State.OPEN, State.VOID)

    @pytest.mark.parametrize("final", [State.PAID, State.VOID])
    @pytest.mark.parametrize("then", list(State))
    def test_lets_nothing_follow_the_end(self, final, then):
        assert not may_follow(final, then)

    def test_has_a_row_for_every_state(self):
        assert set(FOLLOWS) == set(State)
