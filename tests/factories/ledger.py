"""Entries for tests, made through the ledger's public operations."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from billing.ledger import operations
from billing.ledger.draft import AccountKey, EntryDraft, Line, credit, debit
from billing.ledger.facts import EntryFact

AT = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
_numbers = count(1)


def account(code: str, holder: str = "", *, entity: str = "coko-sn", currency: str = "XOF") -> AccountKey:
    return AccountKey(entity=entity, code=code, currency=currency, holder=holder)


def draft(
    lines: Sequence[Line] | None = None,
    *,
    key: str | None = None,
    journal: str = "OD",
    happened_at: datetime = AT,
    description: str = "Essai",
    source_ref: str = "inv_essai",
) -> EntryDraft:
    """A draft of its own key; without lines, 1000 from a wallet's income."""
    return EntryDraft(
        key=key or f"test:{next(_numbers)}",
        journal=journal,
        happened_at=happened_at,
        description=description,
        source_ref=source_ref,
        lines=lines or [debit(account("552", "wave:SN"), 1000), credit(account("7065"), 1000)],
    )


def sale(
    *,
    gross: int = 3500,
    tax: int = 534,
    fee: int = 35,
    wallet: str = "wave:SN",
    currency: str = "XOF",
    key: str | None = None,
    happened_at: datetime = AT,
) -> EntryDraft:
    """An invoice paid by mobile money: wallet and fee against income and VAT."""
    lines = [
        debit(account("552", wallet, currency=currency), gross - fee),
        debit(account("6317", currency=currency), fee),
        credit(account("7065", currency=currency), gross - tax),
        credit(account("4432", currency=currency), tax),
    ]
    return draft(
        lines, key=key, journal="BQ", happened_at=happened_at, description="Vente payée", source_ref="pay_essai"
    )


def posted(lines: Sequence[Line] | None = None, *, key: str | None = None, at: datetime = AT) -> EntryFact:
    return operations.post(draft=draft(lines, key=key, happened_at=at), at=at)
