"""Sales taken back on paper: cited, numbered on their own, never more than the invoice, at the same moment neither."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connections, transaction

from billing.invoices import operations, queries
from billing.invoices.models import CreditNote
from tests.factories import billing

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(at):
    billing.reference_world(at=at)
    return billing.paid_invoice(at=at, payment_ref="pay_1")


def credit(invoice, at, *, net=424, tax=76, source="ref_1"):
    return operations.credit(
        invoice_ref=invoice.id, source_ref=source, net_minor=net, tax_minor=tax, reason="livre illisible", at=at
    )


def at_commit(write):
    """Write, and fire what waits for the commit."""
    with transaction.atomic():
        write()
        run("SET CONSTRAINTS ALL IMMEDIATE")


def run(statement):
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)


class TestCredit:
    def test_cites_its_invoice_and_counts_in_a_series_of_its_own(self, paid, at):
        note = credit(paid, at)
        assert (note.number, note.invoice_number) == ("SN-AV-2026-000001", "SN-2026-000001")
        assert (note.net_minor, note.tax_minor, note.gross_minor) == (424, 76, 500)
        (item,) = note.items
        assert (item.title, item.net_minor, item.tax_lines[0].code, item.tax_lines[0].amount_minor) == (
            "Une si longue lettre",
            424,
            "TVA",
            76,
        )
        assert billing.open_invoice(at=at).number == "SN-2026-000002"

    def test_made_again_for_the_same_refund_is_the_same(self, paid, at):
        assert credit(paid, at) == credit(paid, at)
        assert credit(paid, at, source="ref_2").number == "SN-AV-2026-000002"

    def test_never_takes_back_more_than_is_left(self, paid, at):
        credit(paid, at)
        with pytest.raises(operations.MoreThanInvoiced):
            credit(paid, at, net=848, tax=153, source="ref_2")
        credit(paid, at, net=847, tax=153, source="ref_2")
        with pytest.raises(operations.MoreThanInvoiced):
            credit(paid, at, net=1, tax=0, source="ref_3")
        assert sum(note.gross_minor for note in queries.credit_notes_of(paid.id)) == 1500

    def test_of_what_was_never_paid_is_refused(self, paid, at):
        with pytest.raises(operations.NotOpen):
            credit(billing.open_invoice(at=at), at)

    def test_of_a_refusal_takes_no_number(self, paid, at):
        with pytest.raises(operations.MoreThanInvoiced):
            credit(paid, at, net=2000)
        assert credit(paid, at).number == "SN-AV-2026-000001"


class TestTables:
    def row(self, paid, **changed):
        terms = {"id": "crn_x", "number": "X-1", "source_ref": "ref_x", "reason": "x", "owner_ref": "web"}
        sums = {"net_minor": 424, "tax_minor": 76, "gross_minor": 500}
        return CreditNote(**{**terms, **sums, "issued_at": paid.paid_at, "invoice_id": paid.id, **changed})

    def test_refuse_more_than_the_invoice_whoever_writes(self, paid, at):
        credit(paid, at)
        with pytest.raises(DatabaseError, match="more than it says"), transaction.atomic():
            self.row(paid, net_minor=900, gross_minor=976).save(force_insert=True)

    def test_refuse_a_note_whose_lines_do_not_make_its_totals(self, paid):
        with pytest.raises(DatabaseError, match="do not make its totals"):
            at_commit(lambda: self.row(paid).save(force_insert=True))

    @pytest.mark.parametrize("table", ["invoices_creditnote", "invoices_creditnoteitem"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET net_minor = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_never_change(self, paid, at, table, statement):
        credit(paid, at)
        with pytest.raises(DatabaseError, match="append-only"):
            at_commit(lambda: run(f"SET CONSTRAINTS ALL IMMEDIATE; {statement.format(table)}"))


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_sixteen_credit_notes_never_take_back_more_than_the_invoice(self, paid, at):
        barrier = threading.Barrier(16)

        def run(number):
            barrier.wait(timeout=20)
            try:
                return credit(paid, at, net=170, tax=30, source=f"ref_{number}").number
            except operations.MoreThanInvoiced:
                return ""
            finally:
                connections.close_all()

        with ThreadPoolExecutor(16) as pool:
            numbers = sorted(filter(None, pool.map(run, range(16))))
        assert numbers == [f"SN-AV-2026-{number:06}" for number in range(1, 8)]
        assert sum(note.gross_minor for note in queries.credit_notes_of(paid.id)) == 1400
