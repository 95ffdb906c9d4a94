"""each statement is as it was issued, is posted, and has its lines; 4011 holds exactly what the last ones say is owed

Run by `manage.py ledger_verify`. Statements are streamed twice: by reference beside their lines' sums, and by entry
beside the ledger; what is held is one balance a payee.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.ledger.facts import BookedFact, Difference
from billing.pairing import paired
from royalties import periods
from royalties.runs import queries as runs
from royalties.statements import document, postings, queries
from royalties.statements.document import Holder
from royalties.statements.facts import StatementSummary

_PRINTED = ("number", "version", "period", "entity", "currency")  # of the columns, as the document has them
_SUMS = ("opening_minor", "earned_minor", "paid_minor", "closing_minor")


def differences() -> Iterator[Difference]:
    """Everything that does not agree; nothing when all is well."""
    last: dict[AccountKey, tuple[str, int, int]] = {}  # period, version, closing
    both = paired(
        queries.every_statement(),
        runs.stated_totals(),
        left_key=lambda found: found[0].id,
        right_key=itemgetter(0),
    )
    for statements, totals in both:
        for statement, content in statements:
            closing = (statement.period, statement.version, statement.closing_minor)
            last[_account(statement)] = max(last.get(_account(statement), closing), closing)
            yield from _of_statement(statement, content, totals)
        if not statements:
            yield Difference(
                "statement-lines", totals[0][0], f"{totals[0][1]} lines stand on a statement that is not there"
            )
    yield from _of_entries()
    yield from _of_balances({account: closing for account, (_, _, closing) in last.items()})


def _of_statement(
    statement: StatementSummary, content: Mapping[str, Any], totals: Sequence[tuple[str, int, int]]
) -> Iterator[Difference]:
    if document.sha256_of(content) != statement.sha256:
        message = f"{statement.number} is not what was issued: hash differs"
        yield Difference("statement-unchanged", statement.id, message)
        return  # what it says now is nobody's word
    told = {field: content[field] for field in _PRINTED} | {field: content["balance"][field] for field in _SUMS}
    if off := {field: value for field, value in told.items() if value != getattr(statement, field)}:
        yield Difference(
            "statement-columns", statement.id, f"{statement.number}: the document says {off}, the row does not"
        )
    stated = sum(line["amount_minor"] for line in content["lines"])
    _, count, total = totals[0] if totals else ("", 0, 0)
    if (len(content["lines"]), stated, stated) != (count, total, statement.earned_minor):
        message = (
            f"{statement.number}: {len(content['lines'])} lines sum to {stated} in the document, "
            f"{count} to {total} in the books, it says {statement.earned_minor} {statement.currency}"
        )
        yield Difference("statement-lines", statement.id, message)


def _of_entries() -> Iterator[Difference]:
    booked = ledger.booked(prefix=postings.KEY_PREFIX)
    both = paired(booked, queries.every_entry(), left_key=attrgetter("id"), right_key=itemgetter(0))
    for entries, found in both:
        for entry_ref, statement in found:
            yield from _against_the_entry(statement, entry_ref, entries[0] if entries else None)
        if entries and not found and not entries[0].is_reversal:
            yield Difference("statement-entry", entries[0].id, f"{entries[0].key}: no statement knows this entry")


def _against_the_entry(statement: StatementSummary, entry_ref: str, entry: BookedFact | None) -> Iterator[Difference]:
    draft = postings.issue(
        statement_ref=statement.id,
        holder=Holder(statement.payee_ref, statement.entity, statement.currency),
        period=statement.period,
        earned_minor=statement.earned_minor,
        description="",
    )
    earned = f"{statement.number} earned {statement.earned_minor} {statement.currency}"
    if entry is None:
        if draft is not None or entry_ref:
            yield Difference(
                "statement-posted", statement.id, f"{earned} and has no entry ({entry_ref or 'none named'})"
            )
    elif draft is None:
        yield Difference("statement-posted", statement.id, f"{earned}, yet names entry {entry.id}")
    else:
        lines = tuple(sorted((line.account, line.amount_minor) for line in draft.lines))
        if (entry.key, entry.happened_at, entry.lines) != (draft.key, draft.happened_at, lines):
            said = ", ".join(f"{account.code} {account.holder} {amount}" for account, amount in entry.lines)
            yield Difference(
                "statement-posted", statement.id, f"{earned}; {entry.key} at {entry.happened_at} says {said}"
            )


def _account(statement: StatementSummary) -> AccountKey:
    return AccountKey(statement.entity, postings.PAYABLE, statement.currency, statement.payee_ref)


def _of_balances(closings: Mapping[AccountKey, int]) -> Iterator[Difference]:
    month = runs.last_closed_period()
    until = periods.bounds(month)[1] if month else None  # what was paid out since is on no statement yet
    booked = Counter(
        {row.account: -row.closing_minor for row in ledger.balances(codes=[postings.PAYABLE], until=until)}
    )
    for account in sorted(booked.keys() | closings.keys()):
        if booked[account] != closings.get(account, 0):
            holds = f"{account.holder} ({account.entity}): account {account.code} holds {booked[account]}"
            message = f"{holds} {account.currency}, the last statement closes with {closings.get(account, 0)}"
            yield Difference("statements-payable", account.holder, message)
