"""The PDF of an invoice or a credit note: made once in each state, then the same bytes for ever.

PDF/A-3 with the same facts as XML inside (Factur-X); a draft has no number, so it has no XML either.
"""

import hashlib
from datetime import datetime

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from billing.configuration.queries import business_date
from billing.invoices import document, factur_x, queries
from billing.invoices.document import Document
from billing.invoices.facts import CreditNoteFact, Customer, InvoiceFact
from billing.invoices.models import CreditNoteDocument, InvoiceDocument
from billing.invoices.states import State
from billing.phones import mask

_KEPT = (State.OPEN, State.PAID, State.VOID)


class DocumentAltered(Exception):
    """The stored bytes are not those that were made: somebody went past the database's triggers."""


def render(invoice_ref: str) -> bytes:
    """The PDF of an invoice in its present state.

    :raises NoSuchInvoice: there is none.
    :raises DocumentAltered: the stored document does not match its SHA-256.
    """
    invoice = queries.invoice(invoice_ref)
    if invoice.state not in _KEPT:
        return _make(invoice)  # a draft is not issued, and parts may go on coming
    stored = InvoiceDocument.objects.filter(invoice_id=invoice.id, state=invoice.state).first()
    if stored is None:
        stored = _store(invoice, _make(invoice))
    return _unaltered(stored, f"invoice {invoice.number} as {invoice.state}")


def render_credit(note_ref: str) -> bytes:
    """The PDF of a credit note.

    :raises NoSuchCreditNote: there is none.
    :raises DocumentAltered: the stored document does not match its SHA-256.
    """
    note = queries.credit_note(note_ref)
    stored = CreditNoteDocument.objects.filter(note_id=note.id).first()
    if stored is None:
        content = _make_credit(note)
        made = CreditNoteDocument(note_id=note.id, content=content, sha256=hashlib.sha256(content).hexdigest())
        CreditNoteDocument.objects.bulk_create([made], ignore_conflicts=True)
        stored = CreditNoteDocument.objects.get(note_id=note.id)
    return _unaltered(stored, f"credit note {note.number}")


def render_missing(*, since: datetime, limit: int) -> int:
    """Make the papers nobody has asked for yet, of what was paid or credited since then; how many were made.

    So that what a customer asks for in years was printed with the words and the layout of the day.
    """
    notes = queries.credit_notes_unprinted(since=since, limit=limit)
    for note_ref in notes:
        render_credit(note_ref)
    paid = queries.paid_unprinted(since=since, limit=limit - len(notes))
    for invoice_ref in paid:
        render(invoice_ref)
    return len(notes) + len(paid)


def _make(invoice: InvoiceFact) -> bytes:
    seller = queries.seller_on(invoice.id)
    printed = document.compose(
        invoice=invoice,
        seller=seller,
        zone=timezone.get_default_timezone(),
        phone=_shown(invoice.customer),
        receipt_url=f"{settings.BASE_URL}/receipts/{invoice.payment_ref}/" if invoice.payment_ref else "",
        pay_url=f"{settings.BASE_URL}/checkout/invoices/{invoice.id}/",
    )
    day = business_date(invoice.opened_at)
    xml = factur_x.of_invoice(invoice, seller=seller, issued_on=day) if invoice.number else b""
    return _printed(printed, xml)


def _make_credit(note: CreditNoteFact) -> bytes:
    seller = queries.seller_on(note.invoice_ref)
    paid_by = queries.invoice(note.invoice_ref).payment_ref
    printed = document.compose_credit(
        note=note,
        seller=seller,
        zone=timezone.get_default_timezone(),
        phone=_shown(note.customer),
        receipt_url=f"{settings.BASE_URL}/receipts/{paid_by}/" if paid_by else "",
    )
    xml = factur_x.of_credit_note(
        note,
        seller=seller,
        issued_on=business_date(note.issued_at),
        invoice_issued_on=business_date(note.invoice_opened_at),
    )
    return _printed(printed, xml)


def _printed(printed: Document, xml: bytes) -> bytes:
    context = {
        "document": printed,
        "qr": _qr(printed.code_url),
        "coupon": printed.words["coupon"].format(code=printed.coupon_code),
    }
    with translation.override(printed.language):
        html = render_to_string("invoices/invoice.html", context)
    from billing import paper  # takes a second to import: only who prints pays for it

    embedded = paper.Embedded(factur_x.FILE_NAME, xml, factur_x.XMP.encode()) if xml else None
    title = f"{printed.title} {printed.number}".strip()
    return paper.from_html(html, title=title, language=printed.language, embedded=embedded)


def _store(invoice: InvoiceFact, content: bytes) -> InvoiceDocument:
    # Two readers at once make it twice; the first one stored is the document, for both.
    made = InvoiceDocument(
        invoice_id=invoice.id,
        state=invoice.state,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    InvoiceDocument.objects.bulk_create([made], ignore_conflicts=True)
    return InvoiceDocument.objects.get(invoice_id=invoice.id, state=invoice.state)


def _unaltered(stored: InvoiceDocument | CreditNoteDocument, what: str) -> bytes:
    content = bytes(stored.content)
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise DocumentAltered(what)
    return content


def _shown(customer: Customer) -> str:
    return mask(customer.phone) if customer.phone else ""


def _qr(url: str) -> str:
    """Drawn in the page itself: nothing is fetched to print it."""
    if not url:
        return ""
    drawn = segno.make(url, error="m").svg_inline(scale=1, border=0, dark="#1d1b1a", omitsize=True)
    return mark_safe(drawn)  # noqa: S308 — made by segno from our own address
