"""The documents behind entries, for finance: where each has its page, and the pages of invoices and payments."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from billing import ids
from billing.invoices import queries as invoices
from billing.ledger import queries as ledger
from billing.payments import postings
from billing.payments import queries as payments
from reports.web import wording
from reports.web.access import finance_only

# Which page opens a document, by the kind of its id.
_PAGES = {"inv": "reports:invoice", "pay": "reports:payment", "stm": "author-statement"}


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
    attempts = [(attempt, wording.state(attempt.state)) for attempt in payments.payments_of_invoice(fact.id)]
    context = {"invoice": fact, "attempts": attempts}
    return render(request, "reports_web/invoice.html", context)


@finance_only
def payment(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """One attempt: its amounts, its history, and what it wrote in the ledger."""
    try:
        fact = payments.payment(payment_ref)
    except payments.NoSuchPayment:
        raise Http404 from None
    context = {
        "payment": fact,
        "invoice": invoices.invoice(fact.invoice_ref),
        "state": wording.state(fact.state),
        "flags": wording.flags(fact.flags),
        "steps": [wording.step(event) for event in payments.events(fact.id)],
        "entries": tuple(ledger.entries_by_key(postings.keys_of(fact.id)).values()),
    }
    return render(request, "reports_web/payment.html", context)
