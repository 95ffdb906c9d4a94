"""What payments, invoices and the ledger must agree on. `manage.py ledger_verify` finds this module by its name."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import billing.invoices.queries as invoices
import billing.ledger.queries as ledger
from billing.invoices.facts import InvoiceFact
from billing.ledger.draft import AccountKey, EntryDraft
from billing.ledger.facts import Difference
from billing.payments import postings
from billing.payments.models import PaymentTransaction
from billing.payments.states import State

_PAGE = 1000
_KEY_PREFIX = "payment:"


def differences() -> Iterator[Difference]:
    """Everything they do not agree on."""
    yield from _payments_without_their_entry()
    yield from _entries_without_their_payment()
    yield from _paid_invoices_without_their_payment()


def _payments_without_their_entry() -> Iterator[Difference]:
    for payment in PaymentTransaction.objects.exclude(entry_ref="").iterator(chunk_size=_PAGE):
        invoice = invoices.invoice(payment.invoice_ref)
        yield from _against_the_entry(payment, invoice)
        yield from _against_the_invoice(payment, invoice)


def _against_the_entry(payment: PaymentTransaction, invoice: InvoiceFact) -> Iterator[Difference]:
    booked = ledger.entry_lines(payment.entry_ref)
    if not booked:
        yield Difference("payment_entry", payment.id, f"its entry {payment.entry_ref} does not exist")
        return
    if booked[0].entry.source_ref != payment.id:
        yield Difference("payment_entry", payment.id, f"its entry belongs to {booked[0].entry.source_ref}")
    # What was received by mistake is only known from the entry; another amount than the invoice's is told below.
    if payment.booked_as == "mismatch" or payment.amount_minor != invoice.gross_minor:
        return
    told = Counter((line.account, line.amount_minor) for line in booked)
    expected = Counter((line.account, line.amount_minor) for line in _draft(payment, invoice).lines)
    if told != expected:
        yield Difference("payment_amounts", payment.id, f"the entry says {_sums(told)}, not {_sums(expected)}")


def _against_the_invoice(payment: PaymentTransaction, invoice: InvoiceFact) -> Iterator[Difference]:
    if payment.booked_as == "captured" and invoice.state != "paid":
        yield Difference("payment_invoice", payment.id, f"captured, but invoice {invoice.number} is {invoice.state}")
    if payment.booked_as == "captured" and payment.amount_minor != invoice.gross_minor:
        message = f"captured {payment.amount_minor}, invoice {invoice.number} is {invoice.gross_minor}"
        yield Difference("payment_invoice", payment.id, message)


def _draft(payment: PaymentTransaction, invoice: InvoiceFact) -> EntryDraft:
    received = postings.Received(
        payment_ref=payment.id,
        invoice_number=payment.invoice_number,
        entity=payment.entity,
        provider=payment.provider,
        market=payment.market,
        currency=payment.currency,
        gross_minor=payment.amount_minor,
        fee_minor=payment.fee_minor,
        received_at=payment.settled_at or payment.started_at,
    )
    if payment.booked_as == "captured_twice":
        return postings.captured_twice(received)
    return postings.captured(received, net_minor=invoice.net_minor, tax_minor=invoice.tax_minor)


def _entries_without_their_payment() -> Iterator[Difference]:
    for lines in ledger.journal():
        entry = lines[0].entry
        if not entry.key.startswith(_KEY_PREFIX) or entry.reverses:
            continue
        if not PaymentTransaction.objects.filter(pk=entry.source_ref, entry_ref=entry.id).exists():
            yield Difference("entry_payment", entry.id, f"{entry.key}: no payment knows this entry")


def _paid_invoices_without_their_payment() -> Iterator[Difference]:
    since, until = datetime.fromisoformat("2000-01-01T00:00Z"), datetime.fromisoformat("9999-01-01T00:00Z")
    after: str | None = None
    while lines := invoices.sale_lines(paid_from=since, paid_until=until, after=after, limit=_PAGE):
        for line in lines:
            yield from _payers_of(line.invoice_ref, line.invoice_number, line.payment_ref)
        after = lines[-1].item_ref


def _payers_of(invoice_ref: str, invoice_number: str, payment_ref: str) -> Iterator[Difference]:
    captured = PaymentTransaction.objects.filter(invoice_ref=invoice_ref, booked_as="captured", state=State.SUCCEEDED)
    found = list(captured.values_list("pk", flat=True))
    if found != [payment_ref]:
        message = f"invoice {invoice_number} says {payment_ref}, captured are {', '.join(found) or 'none'}"
        yield Difference("invoice_payment", invoice_ref, message)


def _sums(lines: Counter[tuple[AccountKey, int]]) -> str:
    return ", ".join(f"{account.code} {amount}" for account, amount in sorted(lines))
