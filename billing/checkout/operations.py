"""Buying in one call. Reads no clock: callers pass `at`."""

from datetime import datetime

import billing.invoices.operations as invoices
import billing.payments.operations as payments
import billing.payments.queries as payment_queries
import billing.pricing.queries as pricing
from billing.checkout.facts import CheckoutFact
from billing.invoices.facts import Customer


def begin(
    *,
    owner_ref: str,
    customer: Customer,
    edition_ref: str,
    currency: str | None,
    provider: str,
    return_url: str,
    at: datetime,
    payer_code: str | None = None,
    coupon_code: str = "",
) -> CheckoutFact:
    """Quote one edition, open its invoice and start the first attempt. The customer's phone is the payer's.

    Not one transaction: the invoice stands when the provider does not answer. What can be refused beforehand is refused
    before the invoice takes a legal number.

    :raises NoPrice: the edition is not sold there in that currency.
    :raises NoTaxRule, NoSeller: nobody has said how to tax or who sells there.
    :raises NoRoute: we may not collect with that wallet, there, in that currency.
    :raises AmountOutOfRange: the wallet does not take that amount.
    :raises TooManyAttempts: the customer's phone has too many payments open.
    :raises WalletResting: the provider does not answer now; offer another wallet.
    :raises CouponRefused: the coupon does not count for this sale, this customer, or any more.
    :raises NothingToPay: it leaves nothing to pay.
    """
    quote = pricing.quote(
        edition_ref=edition_ref,
        country=customer.country,
        currency=currency,
        at=at,
        coupon_code=coupon_code,
        owner_ref=owner_ref,
    )
    if quote.gross_minor == 0:
        raise invoices.NothingToPay(f"coupon {quote.coupon_code} leaves nothing to pay")
    payment_queries.collectable(
        provider=provider, market=customer.country, currency=quote.currency, amount_minor=quote.gross_minor, at=at
    )
    payment_queries.refuse_resting(provider=provider, market=customer.country)
    payment_queries.refuse_flood(payer_phone=customer.phone, at=at)
    invoice = invoices.open_invoice(owner_ref=owner_ref, customer=customer, quotes=[quote], at=at)
    payment = payments.start(
        invoice_ref=invoice.id,
        provider=provider,
        payer_phone=customer.phone,
        return_url=return_url,
        at=at,
        payer_code=payer_code,
    )
    return CheckoutFact(invoice, payment)
