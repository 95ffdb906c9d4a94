"""A journal entry before it is written: which accounts, how much, why. Pure; refuses what does not balance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.chart import JOURNALS
from billing.money import MINOR_MAX


class Unbalanced(ValueError):
    """Debits and credits differ in a currency; the message says by how much."""


class BadDraft(ValueError):
    """The draft cannot be an entry: no lines, a zero line, an amount beyond BIGINT, an unknown journal."""


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """One ledger account: a SYSCOHADA account of one legal entity, in one currency, for one holder.

    `holder` parts an account among people or wallets: a payee (`pye_…`), a wallet (`wave:SN`), or nobody (empty).
    """

    entity: str
    code: str
    currency: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: minor units, debit positive, credit negative."""

    account: AccountKey
    amount_minor: int


def debit(account: AccountKey, amount_minor: int) -> Line:
    return Line(account, amount_minor)


def credit(account: AccountKey, amount_minor: int) -> Line:
    return Line(account, -amount_minor)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """A balanced set of lines. `key` makes it happen once: the same key again is the same entry.

    :raises Unbalanced: lines of a currency do not sum to zero.
    :raises BadDraft: fewer than two lines, a line of zero, an amount beyond BIGINT, an empty key, no such journal, a
        moment without a time zone, lines of several legal entities.
    """

    key: str  # "payment:pay_…:captured"
    journal: str  # of chart.JOURNALS: VT sales, BQ wallets and banks, RD royalties, OD everything else
    happened_at: datetime
    description: str
    source_ref: str  # the document that explains it: inv_…, pay_…, stm_…
    lines: Sequence[Line]

    def __post_init__(self) -> None:
        if not self.key or len(self.lines) < 2:
            raise BadDraft(f"entry {self.key!r}: needs a key and at least two lines")
        if self.journal not in JOURNALS or self.happened_at.tzinfo is None:
            raise BadDraft(f"entry {self.key!r}: journal {self.journal!r} at {self.happened_at!r}")
        sums: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.amount_minor == 0 or abs(line.amount_minor) > MINOR_MAX:
                raise BadDraft(f"entry {self.key!r}: {line.account.code} has amount {line.amount_minor}")
            sums[line.account.currency] += line.amount_minor
        if off := {currency: total for currency, total in sums.items() if total}:
            raise Unbalanced(f"entry {self.key!r} is off by {off}")
        if len({line.account.entity for line in self.lines}) != 1:
            raise BadDraft(f"entry {self.key!r}: lines of several legal entities")
