"""Why the ledger did not write. Each names what a person needs to know: the account, the rule, the amounts. Pure."""

from dataclasses import dataclass
from datetime import datetime

from billing.ledger.draft import AccountKey


class LedgerRefusal(Exception):
    """The ledger wrote nothing, and this is the reason."""


class KeyReused(LedgerRefusal):
    """The key already stands for something else."""


class AlreadyReversed(LedgerRefusal):
    """The entry has been taken back before, under another key."""


@dataclass(eq=False)
class LimitExceeded(LedgerRefusal):
    """An account would go beyond its limit. Minor units on the account's own side: what we owe counts up on a debt."""

    account: AccountKey
    rule: str  # floor | ceiling
    amount_minor: int  # what was asked for
    balance_minor: int  # what there is
    held_minor: int  # what of it is promised already (floor), or what is promised on top (ceiling)
    limit_minor: int

    def __str__(self) -> str:
        account = " ".join(filter(None, (self.account.code, self.account.holder, self.account.currency)))
        return (
            f"{account}: {self.amount_minor} is beyond the {self.rule} of {self.limit_minor} "
            f"(balance {self.balance_minor}, held {self.held_minor})"
        )


@dataclass(eq=False)
class BalanceOutOfRange(LedgerRefusal):
    """An account's balance would leave the range of a BIGINT."""

    account: AccountKey | None = None
    amount_minor: int | None = None

    def __str__(self) -> str:
        return f"{self.account}: {self.amount_minor} leaves the range the ledger counts in"


@dataclass(eq=False)
class PeriodClosed(LedgerRefusal):
    """The entry belongs to a month that is closed, or being closed."""

    entity: str
    happened_at: datetime
    open_from: datetime

    def __str__(self) -> str:
        return f"{self.entity}: {self.happened_at:%Y-%m-%d} is in a closed month; open from {self.open_from:%Y-%m-%d}"


@dataclass(eq=False)
class FromTheFuture(LedgerRefusal):
    """The entry says it happened after now, by more than clocks may differ."""

    happened_at: datetime
    now: datetime

    def __str__(self) -> str:
        return f"{self.happened_at:%Y-%m-%d %H:%M:%S} is after now ({self.now:%Y-%m-%d %H:%M:%S})"


@dataclass(eq=False)
class MoreThanThere(LedgerRefusal):
    """A reversal beyond its entry, or a settlement beyond its hold."""

    account: AccountKey
    amount_minor: int
    limit_minor: int

    def __str__(self) -> str:
        return f"{self.account.code} {self.account.holder}: {self.amount_minor} where {self.limit_minor} was"


class NoSuchHold(LedgerRefusal):
    """No hold has this id."""


class HoldEnded(LedgerRefusal):
    """The hold was settled, voided or swept before."""


class HoldExpired(LedgerRefusal):
    """The hold's time was over."""


class NoLimits(LedgerRefusal):
    """The account is kept in stripes or not in the chart: it cannot have limits."""


class NotLimits(LedgerRefusal):
    """A credit below zero, a ceiling below the floor, nobody's name, or no reason."""


class GateBusy(LedgerRefusal):
    """Entries were on their way all the time: no month can be closed and no day sealed while they are."""


class NotItsTurn(LedgerRefusal):
    """Months close in order and open again in reverse order, one step at a time."""


class MonthNotOver(LedgerRefusal):
    """The month has not ended."""


class ReasonMissing(LedgerRefusal):
    """To open a month again takes a reason."""


class AnotherPersonNeeded(LedgerRefusal):
    """One person asks to open a closed month again, another one does it."""
