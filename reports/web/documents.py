"""The documents behind entries, for finance: where each has its page, and the page of an invoice."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from billing import ids
from billing.invoices import queries as invoices
from billing.payments import queries as payments
from billing.web import signs
from reports.web.access import finance_only

# Which page opens a document, by the kind of its id.
_PAGES = {
    "inv": "reports:invoice",
    "pay": "billing_web:finance_payment",
    "ref": "billing_web:refund",
    "out": "billing_web:payout",
    "stm": "author-statement",
}


def address(source_ref: str) -> str:
    """Where the document opens; empty where it has no page."""
    for kind, page in _PAGES.items():
        if ids.looks_like(source_ref, kind):
            return reverse(page, args=[source_ref])
    return ""


@finance_only
def invoice(request: HttpRequest, invoice_ref: str) -> HttpResponse:
    """What was sold to whom, what of it is tax, and every attempt to pay it."""
    try:
        fact = invoices.invoice(invoice_ref)
    except invoices.NoSuchInvoice:
        raise Http404 from None
    attempts = [(attempt, signs.payment(attempt.state)) for attempt in payments.payments_of_invoice(fact.id)]
    context = {"invoice": fact, "attempts": attempts}
    return render(request, "reports_web/invoice.html", context)
