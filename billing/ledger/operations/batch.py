"""Drafts turned on their side, for the SQL functions; and their refusals turned into ours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import Error

from billing.ledger import arrays, chart, refusals
from billing.ledger.draft import AccountKey, EntryDraft, WhenClosed

# SQLSTATE of a refusal without details → what it is called here.
_PLAIN: dict[str, type[refusals.LedgerRefusal]] = {
    "LG006": refusals.HoldEnded,
    "LG007": refusals.HoldExpired,
    "LG008": refusals.GateBusy,
    "LG106": refusals.NotLimits,
    "LG101": refusals.NotItsTurn,
    "LG102": refusals.MonthNotOver,
    "LG103": refusals.ReasonMissing,
    "LG104": refusals.AnotherPersonNeeded,
    "LG105": refusals.NoLimits,
    "22003": refusals.BalanceOutOfRange,
}


def refusal(error: Error) -> Exception:
    """The fact behind PostgreSQL's error, where it has a name of ours; else the error itself, which is a bug."""
    cause: Any = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == "23505" and cause.diag.table_name == "ledger_reversal":
        return refusals.AlreadyReversed(cause.diag.message_detail or "")
    if state == "22003":
        return refusals.BalanceOutOfRange()
    if state is None or not (state.startswith("LG") or state in _PLAIN):
        return error
    details = json.loads(cause.diag.message_detail or "{}")
    return detailed(details) if "code" in details else _PLAIN[state](cause.diag.message_primary or "")


def detailed(details: dict[str, Any]) -> refusals.LedgerRefusal:
    """A refusal from the JSON object the SQL functions describe it with."""
    match details["code"]:
        case "LG001":
            return refusals.LimitExceeded(
                account=_account(details["account"]),
                rule=details["rule"],
                amount_minor=details["amount"],
                balance_minor=details["balance"],
                held_minor=details["held"],
                limit_minor=details["limit"],
            )
        case "LG002":
            return refusals.PeriodClosed(
                entity=details["entity"],
                happened_at=datetime.fromisoformat(details["happened_at"]),
                open_from=datetime.fromisoformat(details["open_from"]),
            )
        case "LG003":
            return refusals.BalanceOutOfRange(_account(details["account"]), details["amount"])
        case "LG004":
            return refusals.FromTheFuture(
                happened_at=datetime.fromisoformat(details["happened_at"]), now=datetime.fromisoformat(details["now"])
            )
        case "LG005":
            return refusals.MoreThanThere(_account(details["account"]), details["amount"], details["limit"])
        case code:
            return _PLAIN[code](str(details.get("hold", "")))


def _account(name: Sequence[str]) -> AccountKey:
    entity, code, currency, holder = name
    return AccountKey(entity, code, currency, holder)


@dataclass(frozen=True, slots=True)
class Batch:
    """Drafts of one legal entity, as the arrays the SQL functions take."""

    drafts: Sequence[EntryDraft]
    accounts: Sequence[AccountKey]  # sorted, each once
    lines: Sequence[tuple[int, int, int]]  # entry, account, amount; positions count from 1

    @classmethod
    def of(cls, drafts: Sequence[EntryDraft], *, also: Sequence[AccountKey] = ()) -> "Batch":
        """`also`: accounts to lock besides those of the lines.

        :raises UnknownAccountCode: a line names an account outside the chart.
        """
        known = {line.account for draft in drafts for line in draft.lines}.union(also)
        accounts = sorted(known, key=attrgetter("currency", "code", "holder"))
        for code in {account.code for account in accounts}:
            chart.account(code)
        place = {account: number for number, account in enumerate(accounts, start=1)}
        lines = [
            (number, account, amount)
            for number, draft in enumerate(drafts, start=1)
            for account, amount in sorted([(place[line.account], line.amount_minor) for line in draft.lines])
        ]
        return cls(drafts=drafts, accounts=accounts, lines=lines)

    @property
    def entity(self) -> str:
        return self.drafts[0].entity

    def account_arrays(self) -> list[str]:
        """Codes, currencies, holders."""
        return [
            arrays.texts([account.code for account in self.accounts]),
            arrays.texts([account.currency for account in self.accounts]),
            arrays.texts([account.holder for account in self.accounts]),
        ]

    def stripe_array(self) -> str:
        """How many balance rows each account has."""
        return arrays.numbers([chart.account(account.code).stripes for account in self.accounts])

    def line_arrays(self) -> list[str]:
        """Entries, accounts, amounts."""
        return [arrays.numbers(column) for column in zip(*self.lines, strict=True)]

    def entry_arrays(self) -> list[str]:
        """Keys, journals, descriptions, source references."""
        drafts = self.drafts
        return [
            arrays.texts([draft.key for draft in drafts]),
            arrays.texts([draft.journal for draft in drafts]),
            arrays.texts([draft.description for draft in drafts]),
            arrays.texts([draft.source_ref for draft in drafts]),
        ]

    def happened_array(self) -> str:
        return arrays.moments(draft.happened_at for draft in self.drafts)

    def closings(self) -> list[bool] | None:
        return [draft.closing for draft in self.drafts] if any(draft.closing for draft in self.drafts) else None

    def lates(self) -> list[bool] | None:
        late = [draft.when_closed is WhenClosed.COUNT_LATER for draft in self.drafts]
        return late if any(late) else None
