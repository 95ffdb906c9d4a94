"""From a subscription's revenue to ledger drafts. Pure; the only place of this package that names account codes.

A payment books the whole net amount as income (`billing.payments`). What is for days to come is taken out again when
the invoice is known to be paid, and given back day by day.
"""

from datetime import date, datetime

from billing.ledger.draft import AccountKey, EntryDraft, WhenClosed, credit, debit

KEY_PREFIX = "deferral:"
RECOGNISED_PREFIX = "revenue:"
REVENUE = "7065"  # services sold on the internet
DEFERRED = "477"  # income received in advance


def deferred(
    *, invoice_ref: str, invoice_number: str, entity: str, currency: str, net_minor: int, paid_at: datetime
) -> EntryDraft:
    """A paid invoice's income waits for its days."""
    return EntryDraft(
        key=deferral_key(invoice_ref),
        journal="OD",
        happened_at=paid_at,
        description=f"Produit constaté d’avance, facture {invoice_number}",
        source_ref=invoice_ref,
        lines=(
            debit(AccountKey(entity, REVENUE, currency), net_minor),
            credit(AccountKey(entity, DEFERRED, currency), net_minor),
        ),
        when_closed=WhenClosed.COUNT_LATER,
    )


def recognised(
    *, run_ref: str, entity: str, currency: str, day: date, amount_minor: int, happened_at: datetime
) -> EntryDraft:
    """What one day's reading of all subscriptions was worth."""
    return EntryDraft(
        key=f"{RECOGNISED_PREFIX}{run_ref}:{entity}:{currency}:{day}",
        journal="OD",
        happened_at=happened_at,
        description=f"Abonnements, produit du {day:%d/%m/%Y}",
        source_ref=run_ref,
        lines=(
            debit(AccountKey(entity, DEFERRED, currency), amount_minor),
            credit(AccountKey(entity, REVENUE, currency), amount_minor),
        ),
        when_closed=WhenClosed.COUNT_LATER,
    )


def deferral_key(invoice_ref: str) -> str:
    return f"{KEY_PREFIX}{invoice_ref}"
