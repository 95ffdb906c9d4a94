"""From a payout to ledger drafts. Pure; the only place of this package that names account codes."""

from dataclasses import dataclass
from datetime import datetime

from billing.ledger.draft import AccountKey, EntryDraft, WhenClosed, credit, debit

WALLET = "552"  # electronic money, one holder a wallet
FEES = "6317"  # charges on electronic money
SUSPENSE = "4712"  # what is not yet explained
JOURNAL = "BQ"
KEY_PREFIX = "payout:"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Money that leaves by one payout."""

    payout_ref: str
    account: AccountKey  # what we owe it from
    provider: str
    market: str
    amount_minor: int
    description: str
    at: datetime

    @property
    def wallet(self) -> AccountKey:
        return AccountKey(self.account.entity, WALLET, self.account.currency, f"{self.provider}:{self.market}")


def held(leaving: Leaving) -> EntryDraft:
    """What is promised: the debt against the wallet. Settled when it has arrived, let go when it fails."""
    return _draft(leaving, "held", leaving.account, leaving.wallet, leaving.amount_minor)


def paid_after_all(leaving: Leaving) -> EntryDraft:
    """It had failed and its hold was let go, and then it arrived: booked all the same, from what is owed."""
    return _draft(leaving, "paid_after_all", leaving.account, leaving.wallet, leaving.amount_minor)


def paid_from_nothing(leaving: Leaving) -> EntryDraft:
    """The same, when what was owed has been paid another way meanwhile: a person must get it back."""
    suspense = AccountKey(leaving.account.entity, SUSPENSE, leaving.account.currency, leaving.payout_ref)
    return _draft(leaving, "paid_after_all", suspense, leaving.wallet, leaving.amount_minor)


def fee(leaving: Leaving, fee_minor: int) -> EntryDraft | None:
    """What the provider took on top; None when it took nothing."""
    if not fee_minor:
        return None
    fees = AccountKey(leaving.account.entity, FEES, leaving.account.currency)
    return _draft(leaving, "fee", fees, leaving.wallet, fee_minor)


def keys_of(payout_ref: str) -> tuple[str, ...]:
    """The keys of all a payout may have written."""
    return tuple(f"{KEY_PREFIX}{payout_ref}:{what}" for what in ("paid", "paid_after_all", "fee"))


def paid_key(payout_ref: str) -> str:
    return f"{KEY_PREFIX}{payout_ref}:paid"


def _draft(leaving: Leaving, what: str, owed: AccountKey, wallet: AccountKey, amount_minor: int) -> EntryDraft:
    return EntryDraft(
        key=f"{KEY_PREFIX}{leaving.payout_ref}:{what}",
        journal=JOURNAL,
        happened_at=leaving.at,
        description=leaving.description,
        source_ref=leaving.payout_ref,
        lines=[debit(owed, amount_minor), credit(wallet, amount_minor)],
        when_closed=WhenClosed.COUNT_LATER,  # money that left is a fact, whatever month is closed
    )
