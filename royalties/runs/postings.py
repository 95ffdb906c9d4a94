"""From royalties to ledger drafts. Pure; the only place of this package that names account codes."""

from collections.abc import Mapping
from datetime import datetime

from billing.invoices.facts import SaleLineFact
from billing.ledger.draft import AccountKey, EntryDraft, WhenClosed, credit, debit
from royalties.contracts.facts import TermsFact

KEY_PREFIX = "royalty:"
JOURNAL = "RD"
EXPENSE = "6346"  # concessions, rights and similar
NOT_YET_STATED = "4081"  # authors, statement not yet issued; held by payee


def key_of(*, item_ref: str, contract_ref: str, version: int) -> str:
    """What makes a sale line's royalty happen once."""
    return f"{KEY_PREFIX}{item_ref}:{contract_ref}:{version}"


def accrual(
    *, sale: SaleLineFact, terms: TermsFact, parts: Mapping[str, int], happened_at: datetime
) -> EntryDraft | None:
    """The entry of one sale line, with a credit for each payee; None when nobody is owed anything."""
    owed = {payee: part for payee, part in parts.items() if part}
    if not owed:
        return None
    expense = AccountKey(sale.entity, EXPENSE, sale.currency)
    authors = {payee: AccountKey(sale.entity, NOT_YET_STATED, sale.currency, payee) for payee in owed}
    return EntryDraft(
        key=key_of(item_ref=sale.item_ref, contract_ref=terms.contract_ref, version=terms.version),
        journal=JOURNAL,
        happened_at=happened_at,
        description=f"Droits d’auteur, facture {sale.invoice_number}, {sale.title}"[:200],
        source_ref=sale.invoice_ref,
        lines=[debit(expense, sum(owed.values())), *(credit(authors[payee], part) for payee, part in owed.items())],
        when_closed=WhenClosed.COUNT_LATER,  # what was sold is owed, whatever month is closed
        closing=True,  # and is accrued while its month is being closed
    )
