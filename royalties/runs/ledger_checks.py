"""each royalty line recomputes and is posted; 4081 holds exactly the lines on no statement

Run by `manage.py ledger_verify`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from billing.ledger import queries as ledger
from billing.ledger.facts import Difference
from royalties import explain
from royalties.runs import postings, queries
from royalties.runs.facts import RoyaltyLineFact

_Owed = Counter[tuple[str, str, str]]  # (entity, currency, payee) → minor units


def differences() -> Iterator[Difference]:
    """Everything that does not agree; nothing when all is well."""
    unstated: _Owed = Counter()
    posted = _posted()
    for line in queries.every_line():
        if line.statement_ref is None:
            unstated[line.entity, line.currency, line.payee_ref] += line.amount_minor
        yield from _of_line(line, posted)
    yield from _of_balances(unstated)


def _of_line(line: RoyaltyLineFact, posted: Mapping[tuple[str, str], int]) -> Iterator[Difference]:
    try:
        again = explain.amount(line.inputs)
    except ValueError as wrong:
        yield Difference("royalty-line-unreadable", line.id, f"{line.id} cannot be recomputed: {wrong}")
        return
    if again != line.amount_minor:
        message = f"{line.id} says {line.amount_minor} {line.currency}, its inputs give {again}"
        yield Difference("royalty-line-recomputes", line.id, message)
    if posted.get((line.entry_ref, line.payee_ref), 0) != line.amount_minor:
        message = f"{line.id} owes {line.amount_minor} {line.currency}, but entry {line.entry_ref!r} does not say so"
        yield Difference("royalty-line-posted", line.id, message)


def _posted() -> Mapping[tuple[str, str], int]:
    """What each entry of the ledger gives each payee."""
    return {
        (posting.entry.id, posting.account.holder): -posting.amount_minor
        for entry in ledger.journal()
        for posting in entry
        if posting.account.code == postings.NOT_YET_STATED
    }


def _of_balances(unstated: _Owed) -> Iterator[Difference]:
    booked = Counter(
        {
            (row.account.entity, row.account.currency, row.account.holder): -row.closing_minor
            for row in ledger.balances(codes=[postings.NOT_YET_STATED])
        }
    )
    for key in sorted(booked.keys() | unstated.keys()):
        if booked[key] != unstated[key]:
            entity, currency, payee = key
            message = (
                f"{payee} ({entity}): account {postings.NOT_YET_STATED} holds {booked[key]} {currency}, "
                f"lines without a statement sum to {unstated[key]}"
            )
            yield Difference("royalties-not-stated", payee, message)
