"""From a refund to ledger drafts. Pure; the only place of this package that names account codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.draft import AccountKey, EntryDraft, Line, WhenClosed, credit, debit

KEY_PREFIX = "refund:"
WALLET = "552"
FEES = "6317"
REVENUE = "7065"
TAX = "4432"
SUSPENSE = "4712"
REFUNDS_DUE = "4198"  # one holder a refund, or a payment that came twice


@dataclass(frozen=True, slots=True)
class GivenBack:
    refund_ref: str
    payment_ref: str
    booked_as: str  # what the payment was: captured, captured_twice, mismatch
    invoice_number: str
    entity: str
    provider: str
    market: str
    currency: str
    amount_minor: int
    net_minor: int
    tax_minor: int
    at: datetime

    def account(self, code: str, holder: str = "") -> AccountKey:
        return AccountKey(self.entity, code, self.currency, holder)

    @property
    def due(self) -> AccountKey:
        """Where it is owed: money that came twice is owed since it came, under the payment's own name."""
        return self.account(REFUNDS_DUE, self.payment_ref if self.booked_as == "captured_twice" else self.refund_ref)


def keys_of(refund_ref: str) -> tuple[str, ...]:
    """The keys of all a refund may have written."""
    return tuple(f"{KEY_PREFIX}{refund_ref}:{what}" for what in ("granted", "sent", "not_given"))


def granted(back: GivenBack) -> EntryDraft | None:
    """The sale is taken back and owed to the payer; None when it is owed already."""
    owed = credit(back.due, back.amount_minor)
    match back.booked_as:
        case "captured_twice":
            return None
        case "mismatch":
            lines = [debit(back.account(SUSPENSE), back.amount_minor), owed]
        case _:
            lines = [
                *([debit(back.account(REVENUE), back.net_minor)] if back.net_minor else []),
                *([debit(back.account(TAX), back.tax_minor)] if back.tax_minor else []),
                owed,
            ]
    return _draft(back, "granted", f"Remboursement accordé, facture {back.invoice_number}", lines, journal="VT")


def sent(back: GivenBack, *, fee_back_minor: int) -> EntryDraft:
    """It has left the wallet; the provider may give its fee back with it."""
    wallet = back.account(WALLET, f"{back.provider}:{back.market}")
    lines = [
        debit(back.due, back.amount_minor),
        credit(wallet, back.amount_minor - fee_back_minor),
        *([credit(back.account(FEES), fee_back_minor)] if fee_back_minor else []),
    ]
    return _draft(back, "sent", f"Remboursement, facture {back.invoice_number}", lines, journal="BQ")


def _draft(back: GivenBack, what: str, description: str, lines: Sequence[Line], *, journal: str) -> EntryDraft:
    return EntryDraft(
        key=f"{KEY_PREFIX}{back.refund_ref}:{what}",
        journal=journal,
        happened_at=back.at,
        description=description,
        source_ref=back.refund_ref,
        lines=lines,
        when_closed=WhenClosed.COUNT_LATER,
    )
