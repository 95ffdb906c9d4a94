"""Invoices as other modules see them. Amounts are minor units of the invoice's currency."""

from dataclasses import dataclass
from datetime import datetime

from billing.pricing.tax import TaxLine


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays. Everything but the name may be missing; the phone is E.164."""

    name: str
    country: str  # ISO 3166 alpha-2
    phone: str | None = None
    email: str | None = None
    language: str = "fr"
    user_ref: str | None = None  # usr_… when the customer has an account with us


@dataclass(frozen=True, slots=True)
class InvoiceItemFact:
    id: str  # itm_…
    edition_ref: str
    title: str
    product_kind: str
    quantity: int
    unit_minor: int
    gross_minor: int
    net_minor: int
    tax_lines: tuple[TaxLine, ...]
    tax_reference: str
    discount_minor: int = 0
    tax_mention: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    id: str  # inv_…
    number: str  # the legal number, without gaps per series and year; a draft has none yet
    state: str  # draft, open, partly_paid, paid, void, uncollectible
    entity: str
    owner_ref: str  # who asked for it: the API client's usr_…, or "web"
    customer: Customer
    country: str
    currency: str
    items: tuple[InvoiceItemFact, ...]
    net_minor: int
    tax_minor: int
    gross_minor: int
    opened_at: datetime
    paid_at: datetime | None
    payment_ref: str | None = None  # the payment that paid it
    provider: str | None = None
    transaction_ref: str | None = None  # what the payer finds in the wallet's own history
    fee_minor: int = 0
    voided_at: datetime | None = None
    void_reason: str | None = None
    discount_minor: int = 0  # already taken off net, tax and gross
    coupon_code: str = ""
    received_minor: int = 0  # in parts, so far; nothing where one payment paid it all


@dataclass(frozen=True, slots=True)
class CreditNoteItemFact:
    """What is taken back of one line of the invoice."""

    item_ref: str  # itm_…
    title: str
    product_kind: str
    net_minor: int
    gross_minor: int
    tax_lines: tuple[TaxLine, ...]
    tax_reference: str
    tax_mention: str = ""


@dataclass(frozen=True, slots=True)
class CreditNoteFact:
    """A sale taken back, wholly or in part, by a paper of its own that cites the invoice."""

    id: str  # crn_…
    number: str  # of the credit notes' own series, without gaps
    invoice_ref: str
    invoice_number: str
    invoice_opened_at: datetime
    source_ref: str  # why: the refund that was settled
    reason: str
    owner_ref: str
    entity: str
    customer: Customer
    country: str
    currency: str
    items: tuple[CreditNoteItemFact, ...]
    net_minor: int
    tax_minor: int
    gross_minor: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class SaleLineFact:
    """One paid line of one invoice, with what was taken off on the way: what royalties are computed from."""

    item_ref: str
    invoice_ref: str
    invoice_number: str
    payment_ref: str
    entity: str
    edition_ref: str
    title: str
    product_kind: str
    country: str
    currency: str
    provider: str
    quantity: int
    gross_minor: int
    net_minor: int  # before tax
    tax_lines: tuple[TaxLine, ...]
    fee_minor: int  # this line's share of the payment fee
    paid_at: datetime
