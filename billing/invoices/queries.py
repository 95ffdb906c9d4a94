"""Invoices and sold lines, as facts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing import phones
from billing.configuration.facts import SellerFact
from billing.configuration.values import seller_fact
from billing.invoices import rows
from billing.invoices.facts import CreditNoteFact, InvoiceFact, SaleLineFact
from billing.invoices.models import CreditNote, Invoice, InvoiceDocument, InvoiceItem
from billing.invoices.states import State


class NoSuchInvoice(Exception):
    """There is no invoice with that reference."""


class NoSuchCreditNote(Exception):
    """There is no credit note with that reference."""


class NoSuchSaleLine(Exception):
    """There is no paid line with that reference."""


def invoice(invoice_ref: str) -> InvoiceFact:
    """One invoice.

    :raises NoSuchInvoice: there is none.
    """
    return rows.invoice_fact(_row(invoice_ref))


def seller_on(invoice_ref: str) -> SellerFact:
    """The seller as printed on that invoice, whoever sells there today.

    :raises NoSuchInvoice: there is none.
    """
    return seller_fact(_row(invoice_ref).seller)


def ended_among(invoice_refs: Collection[str]) -> Mapping[str, InvoiceFact]:
    """Those of the invoices that are not open any more, by reference: what whoever opened them pulls, in one look."""
    found = _with_items().filter(pk__in=invoice_refs).exclude(state=State.OPEN)
    return {row.id: rows.invoice_fact(row) for row in found}


def invoices_of(*, owner_ref: str, limit: int, before: str | None = None) -> tuple[InvoiceFact, ...]:
    """The owner's invoices, newest first; `before` is the last reference of the page before."""
    found = _with_items().filter(owner_ref=owner_ref)
    if before is not None:
        found = found.filter(id__lt=before)
    return tuple(rows.invoice_fact(row) for row in found.order_by("-id")[:limit])


def invoices_of_user(user_ref: str) -> tuple[InvoiceFact, ...]:
    """What was invoiced to that user, newest first."""
    found = _with_items().filter(customer_user_ref=user_ref).order_by("-id")
    return tuple(rows.invoice_fact(row) for row in found)


def invoices_of_phone(e164: str) -> tuple[InvoiceFact, ...]:
    """What was invoiced to that phone number, newest first; the numbers in the table stay sealed."""
    found = _with_items().filter(customer_phone_index=phones.blind_index(e164)).order_by("-id")
    return tuple(rows.invoice_fact(row) for row in found)


def credit_note(note_ref: str) -> CreditNoteFact:
    """One credit note.

    :raises NoSuchCreditNote: there is none.
    """
    row = CreditNote.objects.select_related("invoice").filter(pk=note_ref).first()
    if row is None:
        raise NoSuchCreditNote(note_ref)
    return rows.credit_note_fact(row)


def credit_notes_of(invoice_ref: str) -> tuple[CreditNoteFact, ...]:
    """The credit notes that cite an invoice, in order of their numbers."""
    found = CreditNote.objects.select_related("invoice").filter(invoice_id=invoice_ref)
    return tuple(rows.credit_note_fact(row) for row in found.order_by("issued_at", "id"))


def credit_notes_of_owner(*, owner_ref: str, limit: int, before: str | None = None) -> tuple[CreditNoteFact, ...]:
    """The owner's credit notes, newest first; `before` is the last id of the page before."""
    found = CreditNote.objects.select_related("invoice").filter(owner_ref=owner_ref)
    if before is not None:
        found = found.filter(id__lt=before)
    return tuple(rows.credit_note_fact(row) for row in found.order_by("-id")[:limit])


def paid_unprinted(*, since: datetime, limit: int) -> tuple[str, ...]:
    """Invoices paid since then whose paper nobody has made yet, the oldest first."""
    found = Invoice.objects.filter(state=State.PAID, paid_at__gte=since)
    missing = found.exclude(Exists(InvoiceDocument.objects.filter(invoice=OuterRef("pk"), state=State.PAID)))
    return tuple(missing.order_by("paid_at", "id").values_list("id", flat=True)[:limit])


def credit_notes_unprinted(*, since: datetime, limit: int) -> tuple[str, ...]:
    """Credit notes issued since then whose paper nobody has made yet, the oldest first."""
    found = CreditNote.objects.filter(issued_at__gte=since, document__isnull=True)
    return tuple(found.order_by("issued_at", "id").values_list("id", flat=True)[:limit])


def paid_editions_of(user_ref: str) -> tuple[str, ...]:
    """The editions that user has paid for, each once, in alphabetical order of their references."""
    found = InvoiceItem.objects.filter(invoice__customer_user_ref=user_ref, invoice__state=State.PAID)
    return tuple(found.order_by("edition_ref").values_list("edition_ref", flat=True).distinct())


def sale_lines(
    *, paid_from: datetime, paid_until: datetime, after: str | None = None, limit: int = 1000
) -> tuple[SaleLineFact, ...]:
    """Lines paid from `paid_from` up to but not at `paid_until`, in order of payment, then of their references.

    `after` is the last line of the page before.

    :raises NoSuchSaleLine: `after` is no paid line.
    """
    found = _sold().filter(invoice__paid_at__gte=paid_from, invoice__paid_at__lt=paid_until)
    if after is not None:
        last = sale_line(after)
        found = found.filter(Q(invoice__paid_at__gt=last.paid_at) | Q(invoice__paid_at=last.paid_at, id__gt=after))
    return tuple(rows.sale_line_fact(item) for item in found.order_by("invoice__paid_at", "id")[:limit])


def sale_line(item_ref: str) -> SaleLineFact:
    """One paid line.

    :raises NoSuchSaleLine: there is none.
    """
    item = _sold().filter(pk=item_ref).first()
    if item is None:
        raise NoSuchSaleLine(item_ref)
    return rows.sale_line_fact(item)


def _row(invoice_ref: str) -> Invoice:
    row = _with_items().filter(pk=invoice_ref).first()
    if row is None:
        raise NoSuchInvoice(invoice_ref)
    return row


def _with_items() -> QuerySet[Invoice]:
    return Invoice.objects.prefetch_related("items")


def _sold() -> QuerySet[InvoiceItem]:
    paid = InvoiceItem.objects.filter(invoice__state=State.PAID)
    return paid.select_related("invoice").prefetch_related("invoice__items")
