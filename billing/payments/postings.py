"""From money received to a ledger draft. Pure; the only place of this package that names account codes."""

from dataclasses import dataclass
from datetime import datetime

from billing.ledger.draft import AccountKey, EntryDraft, Line, WhenClosed, credit, debit

KEY_PREFIX = "payment:"
WALLET = "552"  # electronic money, one holder a wallet
FEES = "6317"  # charges on electronic money
REVENUE = "7065"  # services sold on the internet
TAX = "4432"  # VAT invoiced on services
SUSPENSE = "4712"  # receipts not yet explained
REFUNDS_DUE = "4198"  # customers, refunds due; one holder a payment


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in by one attempt."""

    payment_ref: str
    invoice_number: str
    entity: str
    provider: str
    market: str
    currency: str
    gross_minor: int
    fee_minor: int
    received_at: datetime

    def account(self, code: str, holder: str = "") -> AccountKey:
        return AccountKey(self.entity, code, self.currency, holder)


def keys_of(payment_ref: str) -> tuple[str, ...]:
    """The keys of all a payment may have written."""
    return tuple(_key(payment_ref, what) for what in ("captured", "captured_twice", "mismatch"))


def captured(received: Received, *, net_minor: int, tax_minor: int) -> EntryDraft:
    """The invoice is paid: wallet and fee against revenue and tax."""
    earned = [credit(received.account(REVENUE), net_minor), credit(received.account(TAX), tax_minor)]
    return _draft(received, "captured", f"Encaissement de la facture {received.invoice_number}", earned)


def captured_twice(received: Received) -> EntryDraft:
    """The invoice was settled already: the whole sum is owed back to the customer."""
    owed = [credit(received.account(REFUNDS_DUE, received.payment_ref), received.gross_minor)]
    return _draft(received, "captured_twice", f"Second encaissement de la facture {received.invoice_number}", owed)


def mismatch(received: Received) -> EntryDraft:
    """Not the sum that was asked: kept apart, in full, until a person knows what it is."""
    kept = [credit(received.account(SUSPENSE), received.gross_minor)]
    return _draft(received, "mismatch", f"Encaissement à identifier, facture {received.invoice_number}", kept)


def _draft(received: Received, what: str, description: str, against: list[Line]) -> EntryDraft:
    wallet = received.account(WALLET, f"{received.provider}:{received.market}")
    lines = [
        debit(wallet, received.gross_minor - received.fee_minor),
        debit(received.account(FEES), received.fee_minor),
        *against,
    ]
    return EntryDraft(
        key=_key(received.payment_ref, what),
        journal="BQ",
        happened_at=received.received_at,
        description=description,
        source_ref=received.payment_ref,
        lines=tuple(line for line in lines if line.amount_minor),  # a free wallet or an exempt sale has fewer lines
        when_closed=WhenClosed.COUNT_LATER,  # money that came in is a fact, whatever month is closed
    )


def _key(payment_ref: str, what: str) -> str:
    return f"{KEY_PREFIX}{payment_ref}:{what}"
