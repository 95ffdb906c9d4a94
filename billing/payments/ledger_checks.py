"""each sum that came in has its entry, each such entry its payment, each paid invoice its captured payment

Run by `manage.py ledger_verify`. PostgreSQL compares everything at once; a sum that was received by mistake, which is
rare, is looked at by itself.
"""

from collections.abc import Iterator
from pathlib import Path

import billing.ledger.queries as ledger
from billing.ledger.facts import Difference
from billing.ledger.queries import Claims, content_of
from billing.ledger.snapshot import in_parallel
from billing.payments import postings
from billing.payments.models import PaymentTransaction

_WALLET = "payment.provider || ':' || payment.market"

# The rules of `postings`, said a second time: what `captured` and `captured_twice` write.
_CAPTURED = content_of(
    {
        postings.WALLET: (_WALLET, "(payment.amount_minor - payment.fee_minor)"),
        postings.FEES: ("''", "payment.fee_minor"),
        postings.REVENUE: ("''", "(- invoice.net_minor)"),
        postings.TAX: ("''", "(- invoice.tax_minor)"),
    },
    currency="payment.currency",
)
_CAPTURED_TWICE = content_of(
    {
        postings.WALLET: (_WALLET, "(payment.amount_minor - payment.fee_minor)"),
        postings.FEES: ("''", "payment.fee_minor"),
        postings.REFUNDS_DUE: ("payment.id", "(- payment.amount_minor)"),
    },
    currency="payment.currency",
)
_PAYMENTS = Claims(
    # Where payment and invoice differ in their sums, that is told by itself (checks/invoices.sql).
    statement=f"""
        SELECT payment.id AS subject, format('{postings.KEY_PREFIX}%s:%s', payment.id, payment.booked_as) AS key,
               payment.entry_ref, payment.entity, payment.id AS source_ref, payment.settled_at AS happened_at,
               CASE payment.booked_as
                   WHEN 'captured' THEN CASE WHEN invoice.gross_minor = payment.amount_minor THEN {_CAPTURED} END
                   WHEN 'captured_twice' THEN {_CAPTURED_TWICE}
               END AS content
        FROM payments_paymenttransaction payment
        LEFT JOIN invoices_invoice invoice ON invoice.id = payment.invoice_ref
        WHERE payment.entry_ref <> ''""",  # noqa: S608  (constants of this file)
    prefix=postings.KEY_PREFIX,
    document="payment",
)
_INVOICES = (Path(__file__).parent / "checks" / "invoices.sql").read_text()


def differences() -> Iterator[Difference]:
    """Everything they do not agree on."""
    yield from ledger.unlike(_PAYMENTS)
    for row in in_parallel(_INVOICES):
        yield Difference(*row)
    for payment in PaymentTransaction.objects.filter(booked_as="mismatch").iterator(chunk_size=1000):
        yield from _kept_apart(payment)


def _kept_apart(payment: PaymentTransaction) -> Iterator[Difference]:
    """How much came in by mistake is known from the entry alone; where it is kept is not the entry's choice."""
    booked = sorted(((line.account, line.amount_minor) for line in ledger.entry_lines(payment.entry_ref)), key=str)
    if not booked:
        return  # told above
    gross, currency = max((amount, account.currency) for account, amount in booked)
    received = postings.Received(
        payment_ref=payment.id,
        invoice_number=payment.invoice_number,
        entity=payment.entity,
        provider=payment.provider,
        market=payment.market,
        currency=currency,
        gross_minor=gross,
        fee_minor=0,
        received_at=payment.started_at,
    )
    expected = sorted(((line.account, line.amount_minor) for line in postings.mismatch(received).lines), key=str)
    if booked != expected:
        yield Difference("payment_amounts", payment.id, f"the entry says {booked}, not {expected}")
