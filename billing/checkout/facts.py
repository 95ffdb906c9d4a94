"""What a checkout gives back."""

from dataclasses import dataclass

from billing.invoices.facts import InvoiceFact
from billing.payments.facts import PaymentFact


@dataclass(frozen=True, slots=True)
class CheckoutFact:
    invoice: InvoiceFact
    payment: PaymentFact
