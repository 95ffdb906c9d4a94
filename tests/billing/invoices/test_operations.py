"""Opening, paying and voiding invoices."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from billing.configuration.operations import set_seller
from billing.configuration.queries import NoSeller, seller
from billing.invoices import operations
from billing.invoices.models import Invoice
from billing.invoices.operations import (
    AlreadyPaid,
    MixedCountries,
    MixedCurrencies,
    NothingToInvoice,
    NotOpen,
    mark_paid,
    void,
)
from billing.invoices.queries import NoSuchInvoice, invoice, seller_on
from billing.references.models import BookReference
from tests.factories import billing


@pytest.fixture
def world(at):
    billing.reference_world(at=at)


def pay(invoice_ref, at, payment_ref="pay_1"):
    return mark_paid(invoice_ref=invoice_ref, payment_ref=payment_ref, provider="wave", fee_minor=15, at=at)


@pytest.mark.django_db
class TestOpenInvoice:
    def test_copies_everything_that_is_printed(self, world, at):
        opened = billing.open_invoice(at=at)
        assert (opened.number, opened.state, opened.entity) == ("SN-2026-000001", "open", "coko-sn")
        assert (opened.net_minor, opened.tax_minor, opened.gross_minor, opened.currency) == (1271, 229, 1500, "XOF")
        assert opened.customer == billing.customer()
        (item,) = opened.items
        assert (item.title, item.unit_minor, item.tax_lines[0].amount_minor) == ("Une si longue lettre", 1500, 229)
        assert "355 bis" in item.tax_reference
        assert invoice(opened.id) == opened

    def test_gives_consecutive_numbers_in_each_series_and_year(self, world, at):
        def next_year(country):
            quoted = [billing.quote(country=country, at=at)]
            return billing.open_invoice(at=at + timedelta(days=365), country=country, quotes=quoted).number

        here = [billing.open_invoice(at=at, country=country).number for country in ("SN", "CI", "SN", "CI", "SN")]
        assert here == ["SN-2026-000001", "CI-2026-000001", "SN-2026-000002", "CI-2026-000002", "SN-2026-000003"]
        assert (next_year("SN"), next_year("CI")) == ("SN-2027-000001", "CI-2027-000001")

    def test_takes_the_year_of_the_place_and_not_of_the_caller(self, world, at):
        late = datetime.fromisoformat("2027-01-01T01:00:00+02:00")
        assert billing.open_invoice(at=late, quotes=[billing.quote(at=at)]).number == "SN-2026-000001"

    def test_sums_several_lines(self, world, at):
        opened = billing.open_invoice(at=at, quotes=[billing.quote(at=at, quantity=count) for count in (1, 2, 3)])
        assert opened.gross_minor == 9000
        assert opened.net_minor == sum(item.net_minor for item in opened.items)
        assert [item.quantity for item in opened.items] == [1, 2, 3]

    def test_forgets_nothing_when_the_book_is_renamed_or_gone(self, world, at):
        opened = billing.open_invoice(at=at)
        billing.know_book(at=at, title="Autre titre")
        assert invoice(opened.id) == opened
        BookReference.objects.all().delete()
        assert invoice(opened.id) == opened

    def test_refuses_nothing_to_invoice(self, world, at):
        with pytest.raises(NothingToInvoice):
            billing.open_invoice(at=at, quotes=[])

    def test_refuses_several_currencies(self, world, at):
        quotes = [billing.quote(at=at), billing.quote(at=at, currency="EUR")]
        with pytest.raises(MixedCurrencies):
            billing.open_invoice(at=at, quotes=quotes)

    def test_refuses_several_countries(self, world, at):
        quotes = [billing.quote(at=at, country="SN"), billing.quote(at=at, country="CI")]
        with pytest.raises(MixedCountries):
            billing.open_invoice(at=at, quotes=quotes)

    def test_refuses_where_nobody_sells_and_takes_no_number(self, world, at):
        early = datetime(2019, 1, 1, tzinfo=UTC)
        with pytest.raises(NoSeller):
            billing.open_invoice(at=early, quotes=[billing.quote(at=at)])
        assert billing.open_invoice(at=at).number.endswith("000001")

    def test_seals_the_phone_and_keeps_it_findable(self, world, at):
        opened = billing.open_invoice(at=at)
        with connection.cursor() as cursor:
            cursor.execute("SELECT i::text FROM invoices_invoice i WHERE id = %s", [opened.id])
            (stored,) = cursor.fetchone()
        assert "771234567" not in stored
        assert opened.customer.phone == "+221771234567"

    def test_seals_the_same_phone_differently_each_time(self, world, at):
        refs = [billing.open_invoice(at=at).id for _ in range(2)]
        rows = Invoice.objects.filter(pk__in=refs)
        assert len({row.customer_phone_sealed for row in rows}) == 2
        assert len({row.customer_phone_index for row in rows}) == 1

    def test_does_without_phone_and_mail(self, world, at):
        bare = billing.customer(phone=None, email=None)
        assert invoice(billing.open_invoice(at=at, to=bare).id).customer == bare


@pytest.mark.django_db
class TestMarkPaid:
    def test_notes_the_payment(self, world, at):
        paid = pay(billing.open_invoice(at=at).id, at + timedelta(minutes=2))
        assert (paid.state, paid.paid_at, paid.payment_ref) == ("paid", at + timedelta(minutes=2), "pay_1")
        assert invoice(paid.id) == paid

    def test_happens_once_and_says_by_which_payment(self, world, at):
        opened = billing.open_invoice(at=at)
        pay(opened.id, at)
        for other in ("pay_1", "pay_2"):
            with pytest.raises(AlreadyPaid) as refused:
                pay(opened.id, at + timedelta(days=1), other)
            assert refused.value.payment_ref == "pay_1"
        assert invoice(opened.id).paid_at == at

    def test_refuses_a_void_invoice(self, world, at):
        opened = billing.open_invoice(at=at)
        void(invoice_ref=opened.id, reason="doublon", at=at)
        with pytest.raises(NotOpen):
            pay(opened.id, at)

    def test_refuses_an_invoice_that_does_not_exist(self, world, at):
        with pytest.raises(NoSuchInvoice):
            pay("inv_none", at)


@pytest.mark.django_db
class TestVoid:
    def test_keeps_the_number_and_says_why(self, world, at):
        opened = billing.open_invoice(at=at)
        voided = void(invoice_ref=opened.id, reason="doublon", at=at)
        assert (voided.state, voided.number, voided.void_reason) == ("void", opened.number, "doublon")
        assert billing.open_invoice(at=at).number == "SN-2026-000002"

    @pytest.mark.parametrize("first", ["pay", "void"])
    def test_refuses_what_is_not_open(self, world, at, first):
        opened = billing.open_invoice(at=at)
        if first == "pay":
            pay(opened.id, at)
        else:
            void(invoice_ref=opened.id, reason="doublon", at=at)
        with pytest.raises(NotOpen):
            void(invoice_ref=opened.id, reason="encore", at=at)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_numbers_have_no_gap_and_no_repeat_whoever_rolls_back(self, at):
        billing.reference_world(at=at)
        quoted = [billing.quote(at=at)]
        kept: list[str] = []
        start = threading.Barrier(16)

        def open_six(thread: int) -> None:
            start.wait()
            for turn in range(6):
                with transaction.atomic():
                    number = billing.open_invoice(at=at, quotes=quoted).number
                    if (thread + turn) % 3 == 0:
                        transaction.set_rollback(True)
                    else:
                        kept.append(number)
            connection.close()

        in_threads(open_six, 16)
        assert len(kept) == 64
        assert sorted(kept) == [f"SN-2026-{number:06d}" for number in range(1, 65)]
        assert Invoice.objects.count() == 64

    def test_one_of_many_payments_wins(self, at):
        billing.reference_world(at=at)
        opened = billing.open_invoice(at=at)
        outcomes: list[str] = []

        def pay_once(thread: int) -> None:
            try:
                outcomes.append(pay(opened.id, at, f"pay_{thread}").payment_ref or "")
            except AlreadyPaid:
                outcomes.append("refused")
            connection.close()

        in_threads(pay_once, 8)
        assert outcomes.count("refused") == 7
        assert invoice(opened.id).payment_ref in outcomes


@pytest.mark.django_db
class TestSellerOn:
    def test_stays_who_it_was(self, world, at):
        opened = billing.open_invoice(at=at)
        printed = seller_on(opened.id)
        renamed = replace(printed, name="Coko Sénégal SAS (démo)")
        set_seller(country="SN", seller=renamed, valid_from=at.date(), changed_by="usr_operator", at=at)
        assert seller(country="SN", at=at) == renamed
        assert seller_on(opened.id) == printed


def in_threads(work, count):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db
class TestDraft:
    def draft(self, at):
        quotes = [billing.quote(at=at)]
        return operations.draft_invoice(owner_ref="web", customer=billing.customer(), quotes=quotes, at=at)

    def test_is_complete_and_has_no_number(self, world, at):
        draft = self.draft(at)
        assert (draft.state, draft.number, draft.gross_minor) == ("draft", "", 1500)
        assert billing.open_invoice(at=at).number == "SN-2026-000001"

    def test_takes_its_number_and_its_date_when_it_is_issued(self, world, at):
        draft = self.draft(at)
        later = at + timedelta(days=70)
        issued = operations.issue(invoice_ref=draft.id, at=later)
        assert (issued.state, issued.number, issued.opened_at) == ("open", "SN-2027-000001", later)
        with pytest.raises(operations.NotOpen):
            operations.issue(invoice_ref=draft.id, at=later)

    def test_voided_never_had_a_number(self, world, at):
        draft = self.draft(at)
        assert operations.void(invoice_ref=draft.id, reason="sans suite", at=at).number == ""


@pytest.mark.django_db
class TestParts:
    def part(self, invoice, at, amount_minor, ref="trf_1"):
        return operations.receive_part(
            invoice_ref=invoice.id, part_ref=ref, provider="transfer", amount_minor=amount_minor, at=at
        )

    def test_pay_an_invoice_with_the_last_of_them(self, world, at):
        invoice = billing.open_invoice(at=at)
        assert self.part(invoice, at, 500).state == "partly_paid"
        assert self.part(invoice, at, 400, "trf_2").received_minor == 900
        paid = self.part(invoice, at, 600, "trf_3")
        assert (paid.state, paid.paid_at, paid.payment_ref, paid.received_minor) == ("paid", at, "trf_3", 1500)

    def test_count_once(self, world, at):
        invoice = billing.open_invoice(at=at)
        self.part(invoice, at, 500)
        assert self.part(invoice, at, 500).received_minor == 500

    @pytest.mark.parametrize("amount", [0, -1, 1501])
    def test_are_never_more_than_is_owed(self, world, at, amount):
        with pytest.raises(operations.MoreThanDue):
            self.part(billing.open_invoice(at=at), at, amount)

    def test_leave_no_room_for_a_payment_of_the_whole(self, world, at):
        invoice = billing.open_invoice(at=at)
        self.part(invoice, at, 500)
        with pytest.raises(operations.NotOpen):
            operations.mark_paid(invoice_ref=invoice.id, payment_ref="pay_1", provider="wave", fee_minor=0, at=at)
        with pytest.raises(operations.NotOpen):
            operations.void(invoice_ref=invoice.id, reason="x", at=at)

    def test_given_up_are_taken_after_all(self, world, at):
        invoice = billing.open_invoice(at=at)
        self.part(invoice, at, 500)
        assert operations.give_up(invoice_ref=invoice.id, at=at).state == "uncollectible"
        assert self.part(invoice, at, 1000, "trf_2").state == "paid"
