"""Paying an issued invoice by its address: the code printed on it leads here."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

import billing.invoices.queries as invoices
import billing.payments.queries as payments
from billing import ids
from billing.invoices.facts import InvoiceFact
from billing.web.checkout import choices, redirect_303
from billing.web.waiting import started_again, wallets


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, invoice_ref: str) -> HttpResponse:
    """The wallets that can pay it; the receipt once it is paid; the last attempt where there is one."""
    invoice = _find(invoice_ref)
    if invoice.payment_ref and invoice.payment_ref.startswith("pay_"):
        return redirect_303("billing_web:receipt", invoice.payment_ref)
    if before := payments.payments_of_invoice(invoice.id):
        return redirect_303("billing_web:payment", max(before, key=lambda payment: payment.started_at).id)
    if request.method == "POST" and invoice.state == "open":
        led_on = started_again(request, invoice, request.POST.get("provider", ""))
        return led_on or redirect_303("billing_web:pay_invoice", invoice.id)
    options = wallets(invoice)
    context = {
        "invoice": invoice,
        "may_pay": invoice.state == "open" and invoice.customer.phone is not None,
        "chosen": next((one.provider for one in options if one.is_suggested and not one.is_resting), ""),
        **choices(options),
    }
    return render(request, "billing_web/invoice.html", context)


def _find(invoice_ref: str) -> InvoiceFact:
    """The invoice, or a 404. Its id cannot be guessed: who has the paper may pay it."""
    if not ids.looks_like(invoice_ref, "inv"):
        raise Http404
    try:
        invoice = invoices.invoice(invoice_ref)
    except invoices.NoSuchInvoice:
        raise Http404 from None
    if invoice.state == "draft":
        raise Http404
    return invoice
