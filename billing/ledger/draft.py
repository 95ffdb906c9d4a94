"""A journal entry before it is written: which accounts, how much, why. Pure; refuses what does not balance."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from billing.ledger.chart import JOURNALS
from billing.money import MINOR_MAX

KEY_MAX, REF_MAX, ENTITY_MAX = 200, 80, 40  # characters
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


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


class WhenClosed(StrEnum):
    """What becomes of an entry whose month is closed already."""

    REFUSE = "refuse"
    COUNT_LATER = "count later"  # in the open month; the entry keeps when it really happened


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """A balanced set of lines. `key` makes it happen once: the same key again is the same entry.

    :raises Unbalanced: lines of a currency do not sum to zero.
    :raises BadDraft: fewer than two lines, a line of zero, an amount beyond BIGINT or no integer, an empty key, no such
        journal, a moment without a time zone, lines of several legal entities, a text that is too long or holds what is
        no character, an account without an entity, a currency that is none.
    """

    key: str  # "payment:pay_…:captured"
    journal: str  # of chart.JOURNALS: VT sales, BQ wallets and banks, RD royalties, OD everything else
    happened_at: datetime
    description: str
    source_ref: str  # the document that explains it: inv_…, pay_…, stm_…
    lines: Sequence[Line]
    when_closed: WhenClosed = WhenClosed.REFUSE
    closing: bool = False  # part of the work of closing a month: may be written while the month is being closed

    def __post_init__(self) -> None:
        if not self.key or len(self.lines) < 2:
            raise BadDraft(f"entry {self.key!r}: needs a key and at least two lines")
        if self.journal not in JOURNALS or self.happened_at.tzinfo is None:
            raise BadDraft(f"entry {self.key!r}: journal {self.journal!r} at {self.happened_at!r}")
        if (
            wrong := _wrong_text(self.key, KEY_MAX)
            or _wrong_text(self.source_ref, REF_MAX)
            or _wrong_text(self.description)
        ):
            raise BadDraft(f"entry {self.key[:KEY_MAX]!r}: {wrong}")
        sums: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if type(line.amount_minor) is not int or line.amount_minor == 0 or abs(line.amount_minor) > MINOR_MAX:
                raise BadDraft(f"entry {self.key!r}: {line.account.code} has amount {line.amount_minor}")
            if wrong := _wrong_account(line.account):
                raise BadDraft(f"entry {self.key!r}: {wrong}")
            sums[line.account.currency] += line.amount_minor
        if off := {currency: total for currency, total in sums.items() if total}:
            raise Unbalanced(f"entry {self.key!r} is off by {off}")
        if len({line.account.entity for line in self.lines}) != 1:
            raise BadDraft(f"entry {self.key!r}: lines of several legal entities")

    @property
    def entity(self) -> str:
        return self.lines[0].account.entity


def _wrong_text(text: str, length_max: int | None = None) -> str:
    """What PostgreSQL would not take; empty when it will."""
    if length_max is not None and len(text) > length_max:
        return f"{text[:20]!r}… is longer than {length_max} characters"
    if "\0" in text or not (text.isascii() or _is_unicode(text)):
        return f"{text[:20]!r} holds what is no character"
    return ""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False
    return True


@lru_cache(maxsize=65_536)
def _wrong_account(account: AccountKey) -> str:
    if not account.entity or not _CURRENCY.match(account.currency) or _CONTROL.search(account.holder):
        return f"{account} is no account"
    return _wrong_text(account.entity, ENTITY_MAX) or _wrong_text(account.holder, REF_MAX)


def line_order(line: Line) -> tuple[str, str, str, int]:
    """The order in which an entry's lines are written and fingerprinted: currency, code, holder, amount."""
    account = line.account
    return (account.currency, account.code, account.holder, line.amount_minor)
