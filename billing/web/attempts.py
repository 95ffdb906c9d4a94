"""Starting a payment from a page: once a form, and on the invoice the same person already has."""

from datetime import datetime, timedelta

from django.utils import timezone

import billing.checkout.operations as checkout
import billing.invoices.queries as invoices
import billing.payments.operations as payments
import billing.payments.queries as payment_queries
from billing.invoices.facts import Customer, InvoiceFact
from billing.payments.facts import PaymentFact
from billing.web import submissions
from billing.web.offers import OWNER, Offer

# An invoice opened and not paid within this is taken up again when the same person asks for the same book.
TAKE_UP_WITHIN = timedelta(minutes=30)


def begin(*, key: str, customer: Customer, offer: Offer, provider: str, code: str | None = None) -> PaymentFact:
    """Start the payment under the form's key; whatever stops us leaves the form free to be sent again.

    :raises NoRoute, AmountOutOfRange: the wallet cannot take it after all.
    :raises WalletResting: it does not answer now.
    """
    try:
        payment = _taken_up(customer, offer, provider, code) or _begun(customer, offer, provider, code)
    except BaseException:
        submissions.free(key=key, at=timezone.now())
        raise
    submissions.settle(key=key, payment_ref=payment.id)
    return payment


def again(*, invoice: InvoiceFact, provider: str, code: str | None = None) -> PaymentFact:
    """Another attempt on an invoice, or the one that is still open, or the one that has paid it.

    :raises NoRoute, AmountOutOfRange: the wallet cannot take it.
    :raises WalletResting: it does not answer now.
    """
    try:
        return payments.start(
            invoice_ref=invoice.id,
            provider=provider,
            payer_phone=invoice.customer.phone,
            return_url="",  # our own waiting page
            at=timezone.now(),
            payer_code=code,
        )
    except payments.PaymentInProgress as other:
        return payment_queries.payment(other.payment_ref)
    except payments.InvoiceNotOpen:
        return payment_queries.payments_of_invoice(invoice.id)[0]


def _begun(customer: Customer, offer: Offer, provider: str, code: str | None) -> PaymentFact:
    return checkout.begin(
        owner_ref=OWNER,
        customer=customer,
        edition_ref=offer.quote.edition_ref,
        currency=offer.quote.currency,
        provider=provider,
        return_url="",
        at=timezone.now(),
        payer_code=code,
        coupon_code=offer.quote.coupon_code,
    ).payment


def _taken_up(customer: Customer, offer: Offer, provider: str, code: str | None) -> PaymentFact | None:
    """The payment of somebody who asks again: a second tab, an impatient reload, a process that died half-way.

    They are shown the attempt they have, or get another on the same invoice; never a second invoice to pay.
    """
    invoice = _unpaid(customer, offer, since=timezone.now() - TAKE_UP_WITHIN)
    return again(invoice=invoice, provider=provider, code=code) if invoice else None


def _unpaid(customer: Customer, offer: Offer, *, since: datetime) -> InvoiceFact | None:
    # The name must match too: a phone number alone must not lead a stranger to somebody else's payment. And the
    # account: who signs in half-way wants the book in their library, which the invoice decides.
    wanted = (
        *(OWNER, customer.name, customer.user_ref, customer.country),
        *(offer.quote.gross_minor, offer.quote.coupon_code, [offer.quote.edition_ref]),
    )
    recent = (one for one in invoices.invoices_of_phone(customer.phone or "") if one.opened_at > since)
    return next((one for one in recent if one.state == "open" and _asked(one) == wanted), None)


def _asked(invoice: InvoiceFact) -> tuple[str, str, str | None, str, int, str, list[str]]:
    editions = [item.edition_ref for item in invoice.items]
    customer = invoice.customer
    return (
        invoice.owner_ref,
        customer.name,
        customer.user_ref,
        invoice.country,
        invoice.gross_minor,
        invoice.coupon_code,
        editions,
    )
