"""Payments through public operations, and the providers' answers they are fed with."""

from datetime import datetime
from typing import Any

from billing.invoices.facts import InvoiceFact
from billing.payments import operations
from billing.payments.facts import Outcome, PaymentFact, ProviderAnswer
from tests.factories.billing import open_invoice

PHONE = "+221771234567"
RETURN_URL = "http://127.0.0.1:8000/checkout/payments/{payment_ref}/"


def start(*, at: datetime, invoice: InvoiceFact | None = None, provider: str = "wave", **changed: Any) -> PaymentFact:
    """An attempt on a new invoice, or on the one given, with the provider that the environment leads to."""
    asked = {"payer_phone": PHONE, "return_url": RETURN_URL, **changed}
    invoice = invoice or open_invoice(at=at)
    return operations.start(invoice_ref=invoice.id, provider=provider, at=at, **asked)


def answer(outcome: Outcome, *, amount_minor: int | None = 1500, currency: str = "XOF", **said: Any) -> ProviderAnswer:
    """What a provider says of a payment of the reference world's book."""
    return ProviderAnswer(outcome, amount_minor=amount_minor, currency=currency if amount_minor else None, **said)


def apply(payment: PaymentFact, said: ProviderAnswer, *, at: datetime, source: str = "poll") -> PaymentFact:
    return operations.apply_answer(payment_ref=payment.id, answer=said, source=source, at=at)
