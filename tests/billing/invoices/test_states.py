"""The life of an invoice."""

from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from billing.invoices.models import Invoice
from billing.invoices.states import FOLLOWS, State, may_follow
from tests.factories import billing


class TestMayFollow:
    def test_lets_a_draft_be_issued_and_an_open_invoice_be_paid_or_voided(self):
        assert may_follow(State.DRAFT, State.OPEN)
        assert may_follow(State.OPEN, State.PAID)
        assert may_follow(State.OPEN, State.VOID)
        assert not may_follow(State.DRAFT, State.PAID)

    def test_lets_nothing_that_was_paid_in_part_be_voided(self):
        assert not may_follow(State.PARTLY_PAID, State.VOID)

    @pytest.mark.parametrize("final", [State.PAID, State.VOID])
    @pytest.mark.parametrize("then", list(State))
    def test_lets_nothing_follow_the_end(self, final, then):
        assert not may_follow(final, then)

    def test_has_a_row_for_every_state(self):
        assert set(FOLLOWS) == set(State)


# What a row of each state has besides.
_COLUMNS = {
    State.DRAFT: {"number": None},
    State.OPEN: {"number": "SN-2026-000001"},
    State.PARTLY_PAID: {"received_minor": 500},
    State.PAID: {"paid_at": F("opened_at"), "payment_ref": "pay_1", "received_minor": 1500},
    State.VOID: {"voided_at": F("opened_at"), "void_reason": "x"},
    State.UNCOLLECTIBLE: {"received_minor": 500},
}


@pytest.mark.django_db
class TestTheDatabase:
    @pytest.mark.parametrize(("now", "then"), list(product(State, State)))
    def test_allows_what_the_table_allows_and_nothing_else(self, at, now, then):
        billing.reference_world(at=at)
        billing.open_invoice(at=at)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = 'replica'")
                Invoice.objects.update(state=now, **_COLUMNS[now])
                cursor.execute("SET LOCAL session_replication_role = 'origin'")
            refused = self.move(then)
            transaction.set_rollback(True)  # nothing of this is kept: it writes what no operation would
        assert (refused == "") == may_follow(now, then)
        assert refused == "" or "may not follow" in refused or "never changes" in refused

    def move(self, then) -> str:
        try:
            with transaction.atomic():
                Invoice.objects.update(state=then, **_COLUMNS[then])
        except DatabaseError as error:
            return str(error)
        return ""
