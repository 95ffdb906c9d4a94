"""An invoice's PDF: made once in each state, then the same bytes for ever."""

import hashlib

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from billing.invoices import document, queries
from billing.invoices.facts import InvoiceFact
from billing.invoices.models import InvoiceDocument
from billing.phones import mask


class DocumentAltered(Exception):
    """The stored bytes are not those that were made: somebody went past the database's triggers."""


def render(invoice_ref: str) -> bytes:
    """The PDF of an invoice in its present state.

    :raises NoSuchInvoice: there is none.
    :raises DocumentAltered: the stored document does not match its SHA-256.
    """
    invoice = queries.invoice(invoice_ref)
    stored = InvoiceDocument.objects.filter(invoice_id=invoice.id, state=invoice.state).first()
    if stored is None:
        stored = _store(invoice, _make(invoice))
    content = bytes(stored.content)
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise DocumentAltered(f"invoice {invoice.number} as {invoice.state}")
    return content


def _make(invoice: InvoiceFact) -> bytes:
    printed = document.compose(
        invoice=invoice,
        seller=queries.seller_on(invoice.id),
        zone=timezone.get_default_timezone(),
        phone=mask(invoice.customer.phone) if invoice.customer.phone else "",
        receipt_url=f"{settings.BASE_URL}/receipts/{invoice.payment_ref}/" if invoice.payment_ref else "",
    )
    with translation.override(printed.language):
        html = render_to_string("invoices/invoice.html", {"document": printed, "qr": _qr(printed.receipt_url)})
        title = translation.gettext("Facture %(number)s") % {"number": printed.number}
    from billing import paper  # takes a second to import: only who prints pays for it

    return paper.from_html(html, title=title, language=printed.language)


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


def _qr(url: str) -> str:
    """Drawn in the page itself: nothing is fetched to print it."""
    if not url:
        return ""
    drawn = segno.make(url, error="m").svg_inline(scale=1, border=0, dark="#1d1b1a", omitsize=True)
    return mark_safe(drawn)  # noqa: S308 — made by segno from our own address
