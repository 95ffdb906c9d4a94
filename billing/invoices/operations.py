"""Everything that changes invoices. Reads no clock: callers pass `at`."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

import billing.configuration.queries as configuration
import billing.pricing.operations as pricing
from billing.configuration.values import seller_value
from billing.ids import new_id
from billing.invoices import crediting, numbering, rows
from billing.invoices.crediting import MoreThanInvoiced as MoreThanInvoiced
from billing.invoices.facts import CreditNoteFact, Customer, InvoiceFact
from billing.invoices.models import CreditNote, CreditNoteItem, Invoice, InvoiceItem, InvoicePart
from billing.invoices.queries import NoSuchInvoice
from billing.invoices.states import State, may_follow
from billing.pricing.facts import Quote


class NothingToInvoice(Exception):
    """An invoice needs at least one line."""


class MixedCurrencies(Exception):
    """The lines are in several currencies; an invoice has one."""


class MixedCountries(Exception):
    """The lines were quoted for several countries; an invoice has one seller and one tax law."""


class NothingToPay(Exception):
    """The discount leaves nothing to pay, and a payment of nothing does not exist."""


class MixedCoupons(Exception):
    """The lines were quoted with several coupons, or some with one and some without; an invoice has one or none."""


class NotOpen(Exception):
    """The invoice is void, or paid when it should be voided; nothing was changed."""


class MoreThanDue(Exception):
    """A part is more than what is still owed, or nothing; nothing was changed."""


class AlreadyPaid(Exception):
    """The invoice was paid before, by the payment this carries; nothing was changed."""

    def __init__(self, message: str, *, payment_ref: str) -> None:
        super().__init__(message)
        self.payment_ref = payment_ref


@transaction.atomic
def open_invoice(*, owner_ref: str, customer: Customer, quotes: Sequence[Quote], at: datetime) -> InvoiceFact:
    """Issue an invoice: everything printed on it is copied now, and its legal number is taken.

    :raises NothingToInvoice: no quotes.
    :raises MixedCurrencies: quotes in several currencies.
    :raises MixedCountries: quotes for several countries.
    :raises MixedCoupons: quotes with several coupons.
    :raises NothingToPay: the discount leaves nothing.
    :raises NoSeller: nobody sells in that country on that day.
    :raises CouponRefused: the quotes' coupon is used up, over, or was used before by this customer.
    """
    invoice = _composed(owner_ref=owner_ref, customer=customer, quotes=quotes, at=at)
    # As late as possible: from here to the end of the transaction the series waits for us.
    _number(invoice, at)
    return _saved(invoice, quotes, at)


@transaction.atomic
def draft_invoice(*, owner_ref: str, customer: Customer, quotes: Sequence[Quote], at: datetime) -> InvoiceFact:
    """Prepare an invoice to be issued later, or voided: complete, but without a number, and owed by nobody.

    :raises NothingToInvoice, MixedCurrencies, MixedCountries, MixedCoupons, NothingToPay: see `open_invoice`.
    :raises NoSeller, CouponRefused: see `open_invoice`.
    """
    invoice = _composed(owner_ref=owner_ref, customer=customer, quotes=quotes, at=at)
    invoice.state = State.DRAFT
    return _saved(invoice, quotes, at)


@transaction.atomic
def issue(*, invoice_ref: str, at: datetime) -> InvoiceFact:
    """Give a draft its number and its date: from now on it is owed, and what it prints never changes.

    :raises NotOpen: it is no draft.
    :raises CouponRefused: its coupon went to others meanwhile.
    :raises NoSuchInvoice: there is none.
    """
    invoice = _locked(invoice_ref)
    _move(invoice, State.OPEN)
    if invoice.coupon_code:
        pricing.hold_again(holder_ref=invoice.id, at=at)
    invoice.opened_at = at
    _number(invoice, at)
    invoice.save(update_fields=["state", "opened_at", "number"])
    return rows.invoice_fact(invoice)


@transaction.atomic
def mark_paid(
    *, invoice_ref: str, payment_ref: str, provider: str, fee_minor: int, at: datetime, transaction_ref: str = ""
) -> InvoiceFact:
    """Note that this payment paid the invoice; happens at most once.

    :raises AlreadyPaid: a payment paid it before (also this one); what to do with more money is the caller's.
    :raises NotOpen: it is void.
    :raises NoSuchInvoice: there is none.
    """
    invoice = _locked(invoice_ref)
    if invoice.received_minor and invoice.state != State.PAID:
        raise NotOpen(f"invoice {invoice.number} is paid in parts: a payment of the whole is too much")
    if invoice.state == State.PAID:
        message = f"invoice {invoice.number} was already paid by {invoice.payment_ref}"
        raise AlreadyPaid(message, payment_ref=invoice.payment_ref)
    _move(invoice, State.PAID)
    invoice.paid_at, invoice.payment_ref, invoice.provider = at, payment_ref, provider
    invoice.fee_minor, invoice.transaction_ref = fee_minor, transaction_ref
    invoice.save(update_fields=["state", "paid_at", "payment_ref", "provider", "fee_minor", "transaction_ref"])
    if invoice.coupon_code:
        pricing.confirm(holder_ref=invoice.id, at=at)
    return rows.invoice_fact(invoice)


@transaction.atomic
def receive_part(*, invoice_ref: str, part_ref: str, provider: str, amount_minor: int, at: datetime) -> InvoiceFact:
    """Note that a part of the invoice was paid; with the last part it is paid. The same part again changes nothing.

    :raises MoreThanDue: the part is more than what is still owed, or nothing.
    :raises NotOpen: it is a draft, void, or paid already.
    :raises NoSuchInvoice: there is none.
    """
    invoice = _locked(invoice_ref)
    if InvoicePart.objects.filter(part_ref=part_ref, invoice=invoice).exists():
        return rows.invoice_fact(invoice)
    left = invoice.gross_minor - invoice.received_minor
    _move(invoice, State.PAID if amount_minor == left else State.PARTLY_PAID)
    if not 0 < amount_minor <= left:
        raise MoreThanDue(f"{amount_minor} for invoice {invoice.number}, of which {left} are owed")
    InvoicePart.objects.create(invoice=invoice, part_ref=part_ref, amount_minor=amount_minor, received_at=at)
    invoice.received_minor += amount_minor
    moved = ["state", "received_minor"]
    if invoice.state == State.PAID:
        invoice.paid_at, invoice.payment_ref, invoice.provider = at, part_ref, provider
        moved += ["paid_at", "payment_ref", "provider"]
    invoice.save(update_fields=moved)
    if invoice.state == State.PAID and invoice.coupon_code:
        pricing.confirm(holder_ref=invoice.id, at=at)
    return rows.invoice_fact(invoice)


@transaction.atomic
def give_up(*, invoice_ref: str, at: datetime) -> InvoiceFact:
    """Expect no more money for an invoice. It stays owed: money that comes after all is taken.

    :raises NotOpen: it is paid, void, a draft, or given up already.
    :raises NoSuchInvoice: there is none.
    """
    invoice = _locked(invoice_ref)
    _move(invoice, State.UNCOLLECTIBLE)
    invoice.save(update_fields=["state"])
    if invoice.coupon_code:
        pricing.release(holder_ref=invoice.id, at=at)
    return rows.invoice_fact(invoice)


@transaction.atomic
def void(*, invoice_ref: str, reason: str, at: datetime) -> InvoiceFact:
    """Declare an open invoice or a draft void. It keeps its number, if it has one, and says why.

    :raises NotOpen: it is paid, wholly or in part, or void already.
    :raises NoSuchInvoice: there is none.
    """
    invoice = _locked(invoice_ref)
    _move(invoice, State.VOID)
    invoice.voided_at, invoice.void_reason = at, reason
    invoice.save(update_fields=["state", "voided_at", "void_reason"])
    if invoice.coupon_code:
        pricing.release(holder_ref=invoice.id, at=at)
    return rows.invoice_fact(invoice)


@transaction.atomic
def credit(
    *, invoice_ref: str, source_ref: str, net_minor: int, tax_minor: int, reason: str, at: datetime
) -> CreditNoteFact:
    """Take a sale back on paper, wholly or in part. The same source again is the credit note it made.

    Net and tax are what the ledger gave back; the lines share them, each in its own taxes. Books nothing itself.

    :raises MoreThanInvoiced: more than is left of the invoice, or nothing.
    :raises NotOpen: it was never paid: what nobody paid is voided.
    :raises NoSuchInvoice: there is none.
    """
    invoice = _locked(invoice_ref)  # credit notes of one invoice one after the other
    if made := CreditNote.objects.filter(source_ref=source_ref).first():
        return rows.credit_note_fact(made)
    if invoice.state != State.PAID:
        raise NotOpen(f"invoice {invoice.number} is {invoice.state}, it has nothing to take back")
    before = CreditNote.objects.filter(invoice=invoice).aggregate(net=Sum("net_minor"), tax=Sum("tax_minor"))
    net, tax = crediting.within(
        net_minor=net_minor,
        tax_minor=tax_minor,
        net_left=invoice.net_minor - (before["net"] or 0),
        tax_left=invoice.tax_minor - (before["tax"] or 0),
    )
    lines = crediting.share(
        items=rows.invoice_fact(invoice).items, before=rows.credited(invoice), net_minor=net, tax_minor=tax
    )
    note = CreditNote(
        id=new_id("crn", at),
        invoice=invoice,
        source_ref=source_ref,
        reason=reason,
        owner_ref=invoice.owner_ref,
        net_minor=net,
        tax_minor=tax,
        gross_minor=net + tax,
        issued_at=at,
    )
    prefix = numbering.credit_prefix(invoice.seller["invoice_prefix"])
    note.number = numbering.take(prefix=prefix, year=configuration.business_date(at).year)
    note.save(force_insert=True)
    CreditNoteItem.objects.bulk_create(rows.credit_item_of(line, note=note) for line in lines)
    return rows.credit_note_fact(note)


def _composed(*, owner_ref: str, customer: Customer, quotes: Sequence[Quote], at: datetime) -> Invoice:
    """Everything that is printed, copied now; a coupon is held from here on."""
    _check_together(quotes)
    seller = configuration.seller(country=quotes[0].country, at=at)
    net, gross = sum(quote.net_minor for quote in quotes), sum(quote.gross_minor for quote in quotes)
    invoice = Invoice(
        id=new_id("inv", at),
        owner_ref=owner_ref,
        entity=seller.entity,
        seller=seller_value(seller),
        country=quotes[0].country,
        currency=quotes[0].currency,
        item_count=len(quotes),
        discount_minor=sum(quote.discount_minor for quote in quotes),
        coupon_code=quotes[0].coupon_code,
        net_minor=net,
        tax_minor=gross - net,
        gross_minor=gross,
        opened_at=at,
        **rows.customer_columns(customer),
    )
    if quotes[0].coupon_ref:
        keys = rows.customer_keys(customer)
        pricing.redeem(coupon_ref=quotes[0].coupon_ref, holder_ref=invoice.id, customer_keys=keys, at=at)
    return invoice


def _number(invoice: Invoice, at: datetime) -> None:
    prefix = invoice.seller["invoice_prefix"]
    invoice.number = numbering.take(prefix=prefix, year=configuration.business_date(at).year)


def _saved(invoice: Invoice, quotes: Sequence[Quote], at: datetime) -> InvoiceFact:
    invoice.save(force_insert=True)
    InvoiceItem.objects.bulk_create(
        rows.item_of(quote, item_ref=new_id("itm", at), invoice=invoice, position=position)
        for position, quote in enumerate(quotes, start=1)
    )
    return rows.invoice_fact(invoice)


def _check_together(quotes: Sequence[Quote]) -> None:
    if not quotes:
        raise NothingToInvoice("an invoice needs at least one line")
    if len(currencies := {quote.currency for quote in quotes}) > 1:
        raise MixedCurrencies(f"lines in {', '.join(sorted(currencies))}")
    if len(countries := {quote.country for quote in quotes}) > 1:
        raise MixedCountries(f"lines for {', '.join(sorted(countries))}")
    if len({quote.coupon_ref for quote in quotes}) > 1:
        raise MixedCoupons("lines with several coupons")
    if not any(quote.gross_minor for quote in quotes):
        raise NothingToPay("the discount leaves nothing to pay")


def _locked(invoice_ref: str) -> Invoice:
    invoice = Invoice.objects.select_for_update().filter(pk=invoice_ref).first()
    if invoice is None:
        raise NoSuchInvoice(invoice_ref)
    return invoice


def _move(invoice: Invoice, then: State) -> None:
    if not may_follow(State(invoice.state), then):
        raise NotOpen(f"invoice {invoice.number} is {invoice.state}, it cannot become {then}")
    invoice.state = then
