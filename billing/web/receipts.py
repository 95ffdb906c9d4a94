"""Proof of a purchase: what was paid, when, how, and the invoice to keep."""

from fractions import Fraction

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import billing.invoices.queries as invoices
import billing.payments.queries as payments
from billing.invoices import pdf
from billing.invoices.facts import InvoiceFact
from billing.payments.states import State
from billing.pricing.tax import TaxLine
from billing.web.checkout import redirect_303
from billing.web.waiting import find


@never_cache
@require_safe
def page(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """The receipt of a payment; one that is not paid is followed on its own page."""
    payment = find(payment_ref)
    if payment.state != State.SUCCEEDED:
        return redirect_303("billing_web:payment", payment.id)
    invoice = invoices.invoice(payment.invoice_ref)
    context = {
        "payment": payment,
        "invoice": invoice,
        "taxes": _taxes(invoice),
        "credit_notes": invoices.credit_notes_of(invoice.id),
        "wallet": payments.label(payment.provider),
        # Money that came although the invoice was paid already is owed back, and said so.
        "paid_twice": invoice.payment_ref != payment.id,
    }
    return render(request, "billing_web/receipt.html", context)


@never_cache
@require_safe
def document(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """The invoice as a PDF, shown in the browser."""
    payment = find(payment_ref)
    if payment.state != State.SUCCEEDED:
        raise Http404
    invoice = invoices.invoice(payment.invoice_ref)
    headers = {"Content-Disposition": f'inline; filename="{invoice.number}.pdf"'}
    return HttpResponse(pdf.render(invoice.id), content_type="application/pdf", headers=headers)


@never_cache
@require_safe
def credit_note(request: HttpRequest, payment_ref: str, note_ref: str) -> HttpResponse:
    """A credit note of the payment's invoice as a PDF."""
    payment = find(payment_ref)
    notes = {note.id: note for note in invoices.credit_notes_of(payment.invoice_ref)}
    if note_ref not in notes:
        raise Http404
    headers = {"Content-Disposition": f'inline; filename="{notes[note_ref].number}.pdf"'}
    return HttpResponse(pdf.render_credit(note_ref), content_type="application/pdf", headers=headers)


def _taxes(invoice: InvoiceFact) -> list[TaxLine]:
    """The lines' taxes together, by code and rate."""
    sums: dict[tuple[str, Fraction], int] = {}
    for tax in (tax for item in invoice.items for tax in item.tax_lines):
        sums[tax.code, tax.rate] = sums.get((tax.code, tax.rate), 0) + tax.amount_minor
    return [TaxLine(code, rate, minor) for (code, rate), minor in sums.items()]
