"""Between rows and facts: what of a quote is copied on an item, and how rows are read back."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing import phones
from billing.invoices.crediting import Credited
from billing.invoices.facts import (
    CreditNoteFact,
    CreditNoteItemFact,
    Customer,
    InvoiceFact,
    InvoiceItemFact,
    SaleLineFact,
)
from billing.invoices.models import CreditNote, CreditNoteItem, Invoice, InvoiceItem
from billing.money import allocate
from billing.pricing.facts import Quote
from billing.pricing.tax import TaxLine


def item_of(quote: Quote, *, item_ref: str, invoice: Invoice, position: int) -> InvoiceItem:
    return InvoiceItem(
        id=item_ref,
        invoice=invoice,
        position=position,
        edition_ref=quote.edition_ref,
        title=quote.title,
        product_kind=quote.product_kind,
        quantity=quote.quantity,
        unit_minor=quote.unit_minor,
        discount_minor=quote.discount_minor,
        net_minor=quote.net_minor,
        gross_minor=quote.gross_minor,
        tax_lines=[_tax_value(line) for line in quote.tax_lines],
        tax_rule_ref=quote.tax_rule_ref,
        tax_reference=quote.tax_reference,
        tax_mention=quote.tax_mention,
        price_ref=quote.price_ref,
    )


def customer_columns(customer: Customer) -> dict[str, str]:
    """The phone is sealed, and found again by its blind index."""
    return {
        "customer_name": customer.name,
        "customer_country": customer.country,
        "customer_phone_sealed": phones.seal(customer.phone) if customer.phone else "",
        "customer_phone_index": phones.blind_index(customer.phone) if customer.phone else "",
        "customer_email": customer.email or "",
        "customer_language": customer.language,
        "customer_user_ref": customer.user_ref or "",
    }


def customer_keys(customer: Customer) -> list[str]:
    """What tells the customer from others when a coupon counts once for each: none of it can be read back."""
    keys = [f"user:{customer.user_ref}"] if customer.user_ref else []
    if customer.phone:
        keys.append(f"phone:{phones.blind_index(customer.phone)}")
    if customer.email:
        keys.append(f"mail:{phones.blind_index(customer.email.strip().casefold())}")
    return keys


def invoice_fact(row: Invoice) -> InvoiceFact:
    return InvoiceFact(
        id=row.id,
        number=row.number or "",
        state=row.state,
        entity=row.entity,
        owner_ref=row.owner_ref,
        customer=_customer(row),
        country=row.country,
        currency=row.currency,
        items=tuple(_item_fact(item) for item in _in_order(row)),
        net_minor=row.net_minor,
        tax_minor=row.tax_minor,
        gross_minor=row.gross_minor,
        opened_at=row.opened_at,
        paid_at=row.paid_at,
        payment_ref=row.payment_ref or None,
        provider=row.provider or None,
        transaction_ref=row.transaction_ref or None,
        fee_minor=row.fee_minor,
        voided_at=row.voided_at,
        void_reason=row.void_reason or None,
        discount_minor=row.discount_minor,
        coupon_code=row.coupon_code,
        received_minor=row.received_minor,
    )


def credited(invoice: Invoice) -> list[Credited]:
    """What credit notes have taken back of the invoice's lines so far."""
    found = CreditNoteItem.objects.filter(note__invoice=invoice)
    return [Credited(row.item_id, row.net_minor, _tax_lines(row.tax_lines)) for row in found]


def credit_item_of(line: Credited, *, note: CreditNote) -> CreditNoteItem:
    return CreditNoteItem(
        note=note,
        item_id=line.item_ref,
        net_minor=line.net_minor,
        gross_minor=line.gross_minor,
        tax_lines=[_tax_value(tax) for tax in line.tax_lines],
    )


def credit_note_fact(row: CreditNote) -> CreditNoteFact:
    invoice = row.invoice
    items = row.items.select_related("item").order_by("item__position")
    return CreditNoteFact(
        id=row.id,
        number=row.number,
        invoice_ref=invoice.id,
        invoice_number=invoice.number or "",
        invoice_opened_at=invoice.opened_at,
        source_ref=row.source_ref,
        reason=row.reason,
        owner_ref=row.owner_ref,
        entity=invoice.entity,
        customer=_customer(invoice),
        country=invoice.country,
        currency=invoice.currency,
        items=tuple(_credit_item_fact(item) for item in items),
        net_minor=row.net_minor,
        tax_minor=row.tax_minor,
        gross_minor=row.gross_minor,
        issued_at=row.issued_at,
    )


def _credit_item_fact(row: CreditNoteItem) -> CreditNoteItemFact:
    return CreditNoteItemFact(
        item_ref=row.item_id,
        title=row.item.title,
        product_kind=row.item.product_kind,
        net_minor=row.net_minor,
        gross_minor=row.gross_minor,
        tax_lines=_tax_lines(row.tax_lines),
        tax_reference=row.item.tax_reference,
        tax_mention=row.item.tax_mention,
    )


def sale_line_fact(item: InvoiceItem) -> SaleLineFact:
    """A paid line; its fee is its share of the payment's fee, by gross amounts, over all lines of the invoice."""
    invoice = item.invoice
    assert invoice.paid_at is not None  # only paid lines are asked for
    return SaleLineFact(
        item_ref=item.id,
        invoice_ref=invoice.id,
        invoice_number=invoice.number or "",
        payment_ref=invoice.payment_ref,
        entity=invoice.entity,
        edition_ref=item.edition_ref,
        title=item.title,
        product_kind=item.product_kind,
        country=invoice.country,
        currency=invoice.currency,
        provider=invoice.provider,
        quantity=item.quantity,
        gross_minor=item.gross_minor,
        net_minor=item.net_minor,
        tax_lines=_tax_lines(item.tax_lines),
        fee_minor=fee_shares(invoice.fee_minor, {one.id: one.gross_minor for one in invoice.items.all()})[item.id],
        paid_at=invoice.paid_at,
    )


def fee_shares(fee_minor: int, gross_by_item: Mapping[str, int]) -> dict[str, int]:
    """The payment's fee over the lines, by largest remainder: the shares sum to it. A line that gives back has none."""
    return allocate(fee_minor, {item: max(gross, 0) for item, gross in gross_by_item.items()})


def _in_order(row: Invoice) -> list[InvoiceItem]:
    return sorted(row.items.all(), key=lambda item: item.position)  # sorted here: `items` may be prefetched


def _item_fact(item: InvoiceItem) -> InvoiceItemFact:
    return InvoiceItemFact(
        id=item.id,
        edition_ref=item.edition_ref,
        title=item.title,
        product_kind=item.product_kind,
        quantity=item.quantity,
        unit_minor=item.unit_minor,
        gross_minor=item.gross_minor,
        net_minor=item.net_minor,
        tax_lines=_tax_lines(item.tax_lines),
        tax_reference=item.tax_reference,
        discount_minor=item.discount_minor,
        tax_mention=item.tax_mention,
    )


def _customer(row: Invoice) -> Customer:
    return Customer(
        name=row.customer_name,
        country=row.customer_country,
        phone=phones.unseal(row.customer_phone_sealed) if row.customer_phone_sealed else None,
        email=row.customer_email or None,
        language=row.customer_language,
        user_ref=row.customer_user_ref or None,
    )


def _tax_value(line: TaxLine) -> dict[str, Any]:
    rate = f"{line.rate.numerator}/{line.rate.denominator}"
    return {"code": line.code, "rate": rate, "amount_minor": line.amount_minor}


def _tax_lines(stored: Sequence[Mapping[str, Any]]) -> tuple[TaxLine, ...]:
    return tuple(TaxLine(line["code"], Fraction(line["rate"]), line["amount_minor"]) for line in stored)
