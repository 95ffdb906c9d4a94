"""each royalty line recomputes and is posted, each entry has its lines; 4081 holds exactly the lines on no statement

Run by `manage.py ledger_verify`. Lines and entries are streamed side by side, in order of the entry's id; what is held
is one sum a payee.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter

from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from billing.ledger.facts import BookedFact, Difference
from billing.pairing import paired
from royalties import explain, periods
from royalties.runs import postings, queries
from royalties.runs.facts import RoyaltyLineFact

_Owed = Counter[AccountKey]  # the account of what is not yet stated → minor units


def differences() -> Iterator[Difference]:
    """Everything that does not agree; nothing when all is well."""
    unstated: _Owed = Counter()
    booked = ledger.booked(prefix=postings.KEY_PREFIX)
    both = paired(booked, queries.every_line(), left_key=attrgetter("id"), right_key=attrgetter("entry_ref"))
    for entries, lines in both:
        for line in lines:
            if line.statement_ref is None:
                unstated[_account(line)] += line.amount_minor
            yield from _recomputed(line)
        yield from _compare(entries[0] if entries else None, lines)
    yield from _of_balances(unstated)


def _recomputed(line: RoyaltyLineFact) -> Iterator[Difference]:
    try:
        again = explain.amount(line.inputs)
    except ValueError as wrong:
        yield Difference("royalty-line-unreadable", line.id, f"{line.id} cannot be recomputed: {wrong}")
        return
    if again != line.amount_minor:
        message = f"{line.id} says {line.amount_minor} {line.currency}, its inputs give {again}"
        yield Difference("royalty-line-recomputes", line.id, message)


def _compare(entry: BookedFact | None, lines: Sequence[RoyaltyLineFact]) -> Iterator[Difference]:
    given = _given(entry)
    for line in lines:
        if given.pop(_account(line), 0) != line.amount_minor:
            message = (
                f"{line.id} owes {line.amount_minor} {line.currency}, but entry {line.entry_ref!r} does not say so"
            )
            yield Difference("royalty-line-posted", line.id, message)
        elif entry is not None:
            yield from _of_the_same_sale(line, entry)
    if entry is not None and not entry.is_reversal:
        for account, amount in given.items():
            yield Difference(
                "royalty-entry", entry.id, f"gives {account.holder} {amount} {account.currency}, no line does"
            )


def _of_the_same_sale(line: RoyaltyLineFact, entry: BookedFact) -> Iterator[Difference]:
    if not entry.key.startswith(f"{postings.KEY_PREFIX}{line.item_ref}:"):
        yield Difference("royalty-line-posted", line.id, f"{line.id} is of {line.item_ref}, its entry is {entry.key}")
    booked_at = max(line.happened_at, periods.bounds(line.period)[0])
    if entry.happened_at != booked_at:
        yield Difference(
            "royalty-line-date", line.id, f"{line.id} counts at {booked_at}, its entry at {entry.happened_at}"
        )


def _given(entry: BookedFact | None) -> dict[AccountKey, int]:
    """What the entry gives each payee."""
    lines = () if entry is None else entry.lines
    return {account: -amount for account, amount in lines if account.code == postings.NOT_YET_STATED}


def _account(line: RoyaltyLineFact) -> AccountKey:
    return AccountKey(line.entity, postings.NOT_YET_STATED, line.currency, line.payee_ref)


def _of_balances(unstated: _Owed) -> Iterator[Difference]:
    now = ledger.balances_now(codes=[postings.NOT_YET_STATED])
    booked = Counter({account: -balance for account, balance in now})
    for account in sorted(booked.keys() | unstated.keys()):
        if booked[account] != unstated[account]:
            holds = f"{account.holder} ({account.entity}): account {account.code} holds {booked[account]}"
            message = f"{holds} {account.currency}, lines without a statement sum to {unstated[account]}"
            yield Difference("royalties-not-stated", account.holder, message)
