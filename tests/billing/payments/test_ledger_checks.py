"""The checks must find what triggers keep from happening, so each test steps past the triggers first."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.ledger import operations as ledger
from billing.payments import ledger_checks, postings
from billing.payments.facts import Outcome, PaymentFact
from tests.factories.billing import open_invoice, paid_invoice, reference_world
from tests.factories.payments import answer, apply, start

pytestmark = pytest.mark.django_db
PAYMENTS, INVOICES = "payments_paymenttransaction", "invoices_invoice"


@pytest.fixture
def at() -> datetime:
    return timezone.now()


@pytest.fixture
def paid(at, wave) -> PaymentFact:
    reference_world(at=at)
    return apply(start(at=at), answer(Outcome.SUCCEEDED), at=at)


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = 'origin'")


def rules() -> set[str]:
    return {difference.rule for difference in ledger_checks.differences()}


class TestDifferences:
    def test_are_none_in_good_books(self, paid):
        assert rules() == set()

    @pytest.mark.parametrize(
        ("table", "change", "found"),
        [
            (PAYMENTS, "amount_minor = 900", {"payment_invoice"}),
            (PAYMENTS, "fee_minor = 0", {"payment_amounts"}),
            (PAYMENTS, "entry_ref = 'jrn_none'", {"payment_entry"}),
            (PAYMENTS, "booked_as = 'captured_twice'", {"payment_entry", "entry_payment", "invoice_payment"}),
            (
                PAYMENTS,
                "booked_as = 'mismatch'",
                {"payment_entry", "entry_payment", "payment_amounts", "invoice_payment"},
            ),
            (PAYMENTS, "settled_at = settled_at - interval '1 day'", {"payment_date"}),
            (PAYMENTS, "market = 'CI'", {"payment_amounts"}),
            (PAYMENTS, "currency = 'XAF'", {"payment_amounts", "payment_invoice"}),
            (PAYMENTS, "entity = 'coko-ci'", {"payment_amounts", "payment_invoice"}),
            (PAYMENTS, "invoice_ref = 'inv_none'", {"invoice_payment", "payment_invoice"}),
            (INVOICES, "payment_ref = 'pay_none'", {"invoice_payment"}),
            (INVOICES, "currency = 'XAF'", {"payment_invoice"}),
            (PAYMENTS, "state = 'failed'", {"invoice_payment"}),
            (INVOICES, "state = 'open', paid_at = NULL, payment_ref = '', fee_minor = 0", {"payment_invoice"}),
        ],
    )
    def test_name_what_was_altered(self, paid, table, change, found):
        tamper(f"UPDATE {table} SET {change}")  # noqa: S608
        assert rules() == found

    def test_name_an_entry_without_a_payment(self, paid, at):
        received = postings.Received(
            payment_ref="pay_nobody",
            invoice_number="SN-1",
            entity="coko-sn",
            provider="wave",
            market="SN",
            currency="XOF",
            gross_minor=100,
            fee_minor=0,
            received_at=at,
        )
        ledger.post(draft=postings.mismatch(received), at=at)
        assert rules() == {"entry_payment"}

    def test_name_a_paid_invoice_without_a_payment(self, paid, at):
        paid_invoice(at=at, payment_ref="pay_nobody")
        assert rules() == {"invoice_payment"}

    def test_name_an_entry_of_another_payment(self, paid, at):
        other = apply(start(at=at, invoice=open_invoice(at=at)), answer(Outcome.SUCCEEDED), at=at)
        tamper(f"UPDATE {PAYMENTS} SET entry_ref = (SELECT entry_ref FROM {PAYMENTS} WHERE id = '{other.id}')")  # noqa: S608
        assert rules() == {"payment_entry"}

    def test_name_a_sum_received_by_mistake_that_was_put_elsewhere(self, paid, at):
        other = apply(start(at=at, invoice=open_invoice(at=at)), answer(Outcome.SUCCEEDED, amount_minor=900), at=at)
        assert rules() == set()
        tamper(
            "UPDATE ledger_posting SET account_id = (SELECT id FROM ledger_account WHERE code = '7065')"  # noqa: S608
            f" WHERE entry_id = (SELECT id FROM ledger_journalentry WHERE source_ref = '{other.id}')"
            " AND amount_minor < 0"
        )
        assert rules() == {"payment_amounts"}

    def test_ask_as_much_of_many_payments_as_of_one(self, paid, at, django_assert_num_queries):
        with CaptureQueriesContext(connection) as few:
            assert rules() == set()
        for _ in range(3):
            apply(start(at=at, invoice=open_invoice(at=at)), answer(Outcome.SUCCEEDED), at=at)
        with django_assert_num_queries(len(few)):
            assert rules() == set()
