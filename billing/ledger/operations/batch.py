"""Drafts turned on their side, for the SQL functions; and their refusals turned into ours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error

from billing.ids import new_id
from billing.ledger import chart, entry_ids, refusals
from billing.ledger.draft import AccountKey, EntryDraft, WhenClosed, line_order

# SQLSTATE of a refusal without details → what it is called here.
_PLAIN: dict[str, type[refusals.LedgerRefusal]] = {
    "LG006": refusals.HoldEnded,
    "LG007": refusals.HoldExpired,
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
            return _PLAIN[code](json.dumps(details))


def _account(name: Sequence[str]) -> AccountKey:
    entity, code, currency, holder = name
    return AccountKey(entity, code, currency, holder)


@dataclass(frozen=True, slots=True)
class Batch:
    """Drafts of one legal entity, as the arrays `ledger_post_many` and `ledger_hold_many` take."""

    drafts: Sequence[EntryDraft]
    accounts: Sequence[AccountKey]  # sorted, each once
    lines: Sequence[tuple[int, int, int]]  # entry, account, amount; positions count from 1

    @classmethod
    def of(cls, drafts: Sequence[EntryDraft], *, also: Sequence[AccountKey] = ()) -> "Batch":
        """`also`: accounts to lock besides those of the lines.

        :raises UnknownAccountCode: a line names an account outside the chart.
        """
        known = {line.account for draft in drafts for line in draft.lines} | set(also)
        accounts = sorted(known, key=lambda account: (account.currency, account.code, account.holder))
        for code in {account.code for account in accounts}:
            chart.account(code)
        position = {account: number for number, account in enumerate(accounts, start=1)}
        lines = [
            (number, position[line.account], line.amount_minor)
            for number, draft in enumerate(drafts, start=1)
            for line in sorted(draft.lines, key=line_order)
        ]
        return cls(drafts=drafts, accounts=accounts, lines=lines)

    def account_arrays(self) -> list[list[str]]:
        return [
            [account.code for account in self.accounts],
            [account.currency for account in self.accounts],
            [account.holder for account in self.accounts],
        ]

    def line_arrays(self) -> list[list[int]]:
        return [list(column) for column in zip(*self.lines, strict=True)]

    def entry_arrays(self) -> list[list[Any]]:
        """Keys, journals, descriptions, source references."""
        drafts = self.drafts
        return [
            [draft.key for draft in drafts],
            [draft.journal for draft in drafts],
            [draft.description for draft in drafts],
            [draft.source_ref for draft in drafts],
        ]

    def ids(self, prefix: str, at: datetime) -> list[Any]:
        return [entry_ids.to_uuid(new_id(prefix.rstrip("_"), at), prefix=prefix) for _ in self.drafts]

    def closings(self) -> list[bool] | None:
        return [draft.closing for draft in self.drafts] if any(draft.closing for draft in self.drafts) else None

    def lates(self) -> list[bool] | None:
        late = [draft.when_closed is WhenClosed.COUNT_LATER for draft in self.drafts]
        return late if any(late) else None
