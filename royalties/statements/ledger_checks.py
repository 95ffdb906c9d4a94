"""each statement is as it was issued; 4011 holds exactly what the last statements say is owed

Run by `manage.py ledger_verify`.
"""

from collections import Counter
from collections.abc import Iterator

from billing.ledger import queries as ledger
from billing.ledger.facts import Difference
from royalties import periods
from royalties.runs import queries as runs
from royalties.statements import document, postings, queries
from royalties.statements.facts import StatementSummary

_Key = tuple[str, str, str]  # (entity, currency, payee)


def differences() -> Iterator[Difference]:
    """Everything that does not agree; nothing when all is well."""
    closings: dict[_Key, int] = {}
    for statement, entry_ref in queries.every_statement():
        closings[statement.entity, statement.currency, statement.payee_ref] = statement.closing_minor
        yield from _of_statement(statement, entry_ref)
    yield from _of_balances(closings)


def _of_statement(statement: StatementSummary, entry_ref: str) -> Iterator[Difference]:
    content = queries.content(statement.id)
    if document.sha256_of(content) != statement.sha256:
        yield Difference(
            "statement-unchanged", statement.id, f"{statement.number} is not what was issued: hash differs"
        )
    if statement.earned_minor and not entry_ref:
        message = f"{statement.number} earned {statement.earned_minor} {statement.currency} and has no entry"
        yield Difference("statement-posted", statement.id, message)
    stated = sum(line["amount_minor"] for line in content["lines"])
    if stated != statement.earned_minor:
        message = f"{statement.number}: lines sum to {stated}, it says {statement.earned_minor} {statement.currency}"
        yield Difference("statement-lines", statement.id, message)


def _of_balances(closings: dict[_Key, int]) -> Iterator[Difference]:
    last = runs.last_closed_period()
    until = periods.bounds(last)[1] if last else None  # what was paid out since is on no statement yet
    booked = Counter(
        {
            (row.account.entity, row.account.currency, row.account.holder): -row.closing_minor
            for row in ledger.balances(codes=[postings.PAYABLE], until=until)
        }
    )
    for key in sorted(booked.keys() | closings.keys()):
        if booked[key] != closings.get(key, 0):
            entity, currency, payee = key
            message = (
                f"{payee} ({entity}): account {postings.PAYABLE} holds {booked[key]} {currency}, "
                f"the last statement closes with {closings.get(key, 0)}"
            )
            yield Difference("statements-payable", payee, message)
