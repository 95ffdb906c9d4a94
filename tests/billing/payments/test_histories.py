"""Any history of answers, in any order and with any repetition, ends in the same state and the same books."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.ledger import queries as ledger
from billing.payments import ledger_checks, queries
from billing.payments.facts import Outcome
from tests.factories.billing import reference_world
from tests.factories.payments import answer, apply, start

AT = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
HISTORY = (
    answer(Outcome.PENDING),
    answer(Outcome.UNKNOWN, amount_minor=None),
    answer(Outcome.FAILED, amount_minor=None, failure_reason="payer_insufficient_funds"),
    answer(Outcome.EXPIRED, amount_minor=None),
    answer(Outcome.SUCCEEDED, transaction_ref="T_1"),
)


@pytest.mark.django_db
class TestHistories:
    @pytest.fixture
    def payment(self, wave):
        reference_world(at=AT)
        return start(at=AT)

    @pytest.mark.parametrize("paid", [True, False])
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_have_one_end(self, payment, paid, data):
        history = HISTORY if paid else HISTORY[:-1]
        order = data.draw(st.permutations([*history, *data.draw(st.lists(st.sampled_from(history), max_size=5))]))
        with transaction.atomic():
            for said in order:
                apply(payment, said, at=AT)
            self.check(payment.id, paid=paid)
            transaction.set_rollback(True)

    def check(self, payment_ref: str, *, paid: bool) -> None:
        payment = queries.payment(payment_ref)
        booked = {(balance.account.code, balance.closing_minor) for balance in ledger.balances(entity="coko-sn")}
        if paid:
            assert payment.state == "succeeded"
            assert booked == {("552", 1485), ("6317", 15), ("7065", -1271), ("4432", -229)}
        else:
            assert (payment.state, payment.failure_reason) == ("failed", "payer_insufficient_funds")
            assert booked == set()
        assert list(ledger_checks.differences()) == []
