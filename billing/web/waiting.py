"""From «approve it» to «paid»: the page a payer comes back to, may close, and may open again days later."""

from contextlib import suppress

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import billing.configuration.queries as configuration
import billing.invoices.queries as invoices
import billing.payments.operations as payments
import billing.payments.queries as payment_queries
from billing import ids
from billing.invoices.facts import InvoiceFact
from billing.payments.facts import OptionFact, PaymentFact
from billing.payments.states import OPEN, State
from billing.web import attempts, codes, wording
from billing.web.checkout import choices, lead_on, redirect_303

# From these the payer may start over; in all others money may still move, or a person is looking.
_MAY_RETRY = frozenset({State.FAILED, State.EXPIRED})


@never_cache
@require_safe
def page(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Ask the provider (seldom), then say how the payment stands; a paid one leads to its receipt."""
    payment = find(payment_ref)
    if payment.state in OPEN:
        payment = payments.refresh(payment_ref=payment.id, source="return", at=timezone.now())
    if payment.state == State.SUCCEEDED:
        return redirect_303("billing_web:receipt", payment.id)
    invoice = invoices.invoice(payment.invoice_ref)
    if invoice.payment_ref:
        return redirect_303("billing_web:receipt", invoice.payment_ref)
    return render(request, "billing_web/payment.html", _context(payment, invoice))


@never_cache
@require_POST
def retry(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Another attempt on the same invoice. A second click finds the first one's attempt."""
    payment = find(payment_ref)
    if payment.state not in _MAY_RETRY:
        return redirect_303("billing_web:payment", payment.id)
    invoice = invoices.invoice(payment.invoice_ref)
    provider = request.POST.get("provider") or payment.provider
    return started_again(request, invoice, provider) or redirect_303("billing_web:payment", payment.id)


def started_again(request: HttpRequest, invoice: InvoiceFact, provider: str) -> HttpResponse | None:
    """Start an attempt with that wallet and lead on; None when it cannot be, which the next page then says."""
    wallet = next((one for one in wallets(invoice) if one.provider == provider), None)
    if wallet is None:
        messages.warning(request, str(wording.GONE))
        return None
    code = codes.written(request.POST.get("code", ""))
    if code is None or (wallet.needs_code and not code):
        messages.warning(request, codes.shape() if code is None else codes.missing(wallet))
        return None
    try:
        return lead_on(attempts.again(invoice=invoice, provider=provider, code=code or None))
    except payments.WalletResting:
        messages.warning(request, str(wording.RESTING))
    except payments.TooManyAttempts:
        messages.warning(request, str(wording.CROWDED))
    except (configuration.NoRoute, payment_queries.AmountOutOfRange):
        messages.warning(request, str(wording.GONE))
    except payments.CouponRefused as error:
        messages.warning(request, str(wording.coupon(error.reason)))
    return None


@never_cache
@require_POST
def confirm(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Hand in the code that the payer was sent; a wrong one leads back to the form."""
    payment = find(payment_ref)
    code = codes.written(request.POST.get("code", ""))
    if not code:
        messages.warning(request, codes.shape())
    elif payment.state in OPEN:
        with suppress(payments.TakesNoCode):
            payments.confirm(payment_ref=payment.id, code=code, at=timezone.now())
    return redirect_303("billing_web:payment", payment.id)


@never_cache
@require_POST
def give_up(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Close an attempt at the provider, so that another wallet can be chosen. Paid meanwhile, it is paid."""
    payment = find(payment_ref)
    if payments.cancel(payment_ref=payment.id, at=timezone.now()).state in OPEN:
        messages.info(request, str(wording.STAYS_OPEN))
    return redirect_303("billing_web:payment", payment.id)


def find(payment_ref: str) -> PaymentFact:
    """The payment, or a 404. Its id cannot be guessed: who has the address may see the page."""
    if not ids.looks_like(payment_ref, "pay"):
        raise Http404
    try:
        return payment_queries.payment(payment_ref)
    except payment_queries.NoSuchPayment:
        raise Http404 from None


def wallets(invoice: InvoiceFact) -> tuple[OptionFact, ...]:
    """What can pay this invoice now."""
    return payment_queries.options(
        country=invoice.country,
        currency=invoice.currency,
        amount_minor=invoice.gross_minor,
        payer_phone=invoice.customer.phone,
        at=timezone.now(),
    )


def _drawn(text: str | None) -> str:
    """A code to scan, as SVG; empty when there is nothing to scan."""
    if not text:
        return ""
    return mark_safe(segno.make(text, error="m").svg_inline(scale=5, border=2, omitsize=True))  # noqa: S308  our SVG


def _context(payment: PaymentFact, invoice: InvoiceFact) -> dict[str, object]:
    options = wallets(invoice)
    return {
        "payment": payment,
        "invoice": invoice,
        "title": ", ".join(item.title for item in invoice.items),
        "wallet": payment_queries.label(payment.provider),
        "notice": wording.notice(state=payment.state, failure_reason=payment.failure_reason),
        "what_to_do": wording.action(payment.next_action.kind),
        "waiting": payment.state in OPEN,
        "wrong_code": wording.WRONG_CODE if payment.failure_reason == "auth_code_invalid" else "",
        "pause": wording.seconds_until_next_look(timezone.now() - payment.started_at),
        "qr": _drawn(payment.next_action.qr) if payment.state in OPEN else "",
        "may_retry": payment.state in _MAY_RETRY and invoice.state == "open",
        "chosen": next((one.provider for one in options if one.is_suggested and not one.is_resting), ""),
        "phones": settings.SIMULATED_PHONES_URL if payment.state in OPEN else "",
        **choices(options),
    }
