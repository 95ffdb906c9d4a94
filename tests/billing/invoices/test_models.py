"""What the tables themselves refuse, whoever writes."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from billing.invoices import pdf
from billing.invoices.models import Invoice, InvoiceDocument, InvoiceItem, InvoiceSeries
from billing.invoices.operations import void
from tests.factories import billing

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 11, 4, tzinfo=UTC)


@pytest.fixture
def opened(at):
    billing.reference_world(at=at)
    return billing.open_invoice(at=at)


def set_columns(model, **columns):
    """Past the operations, as a careless script would."""
    with transaction.atomic():
        model.objects.update(**columns)


def commit_now(row):
    """Insert, and fire what waits for the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        row.save(force_insert=True)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def run(statement, table):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.SQL(statement).format(sql.Identifier(table)))


class TestInvoice:
    @pytest.mark.parametrize(
        "change",
        [
            {"number": "SN-2026-000009"},
            {"customer_name": "x"},
            {"customer_phone_sealed": ""},
            {"seller": {}},
            {"gross_minor": 2000, "net_minor": 1771},
            {"opened_at": THEN},
            {"owner_ref": "usr_other"},
            {"state": "void", "voided_at": THEN, "void_reason": "x", "currency": "EUR"},
        ],
    )
    def test_never_changes_what_is_printed(self, opened, change):
        with pytest.raises(DatabaseError, match="never changes"):
            set_columns(Invoice, **change)

    @pytest.mark.parametrize("then", [{"state": "open"}, {"state": "paid", "paid_at": THEN, "payment_ref": "pay_1"}])
    def test_never_goes_back(self, opened, at, then):
        void(invoice_ref=opened.id, reason="doublon", at=at)
        with pytest.raises(DatabaseError, match="may not follow"):
            set_columns(Invoice, voided_at=None, void_reason="", **then)

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ({"state": "paid", "paid_at": THEN}, "invoice_paid_by_a_payment"),
            ({"payment_ref": "pay_1", "paid_at": THEN}, "may not follow"),
            ({"state": "void", "voided_at": THEN}, "invoice_void_for_a_reason"),
            (
                {"state": "paid", "paid_at": THEN, "payment_ref": "pay_1", "fee_minor": 1501},
                "invoice_fee_within_gross",
            ),
        ],
    )
    def test_moves_on_with_all_that_explains_it(self, opened, change, rule):
        with pytest.raises(DatabaseError, match=rule):
            set_columns(Invoice, **change)

    def test_is_paid_by_a_payment_that_paid_no_other(self, opened, at):
        billing.paid_invoice(at=at, payment_ref="pay_1")
        row = Invoice.objects.get(pk=opened.id)
        row.state, row.paid_at, row.payment_ref = "paid", at, "pay_1"
        with pytest.raises(DatabaseError, match="payment_pays_one_invoice"), transaction.atomic():
            row.save()


class TestItem:
    def test_never_changes(self, opened):
        with pytest.raises(DatabaseError, match="append-only"):
            set_columns(InvoiceItem, title="x")

    @pytest.mark.parametrize("unit", [0, 1500])
    def test_is_never_added_to_an_issued_invoice(self, opened, unit):
        row = InvoiceItem.objects.get()
        row.pk, row.position, row.tax_lines = "itm_x", 2, []
        row.unit_minor = row.net_minor = row.gross_minor = unit
        with pytest.raises(DatabaseError, match="do not make its totals"):
            commit_now(row)

    def test_has_taxes_that_sum(self, opened):
        row = InvoiceItem.objects.get()
        row.pk, row.position, row.net_minor = "itm_x", 2, 1272
        with pytest.raises(DatabaseError, match="net and taxes"):
            commit_now(row)


class TestEveryTable:
    @pytest.fixture(autouse=True)
    def full(self, opened):
        pdf.render(opened.id)

    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
    @pytest.mark.parametrize("model", [Invoice, InvoiceItem, InvoiceDocument, InvoiceSeries])
    def test_refuses_delete_and_truncate(self, model, statement):
        with pytest.raises(DatabaseError, match="append-only"):
            run(statement, model._meta.db_table)
        assert model.objects.exists()

    def test_documents_never_change(self):
        with pytest.raises(DatabaseError, match="append-only"):
            set_columns(InvoiceDocument, sha256="x")

    @pytest.mark.parametrize("number", [0, 1, 3])
    def test_a_series_counts_by_one(self, number):
        with pytest.raises(DatabaseError, match="counts by one"):
            set_columns(InvoiceSeries, last_number=number)
