"""The *grand livre*: every account of a legal entity, each with its lines and the balance after each. Streams."""

from collections.abc import Generator, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from billing.ledger.facts import BalanceFact, PostingFact
from billing.ledger.queries.balances import trial_balance
from billing.ledger.queries.entries import LINE_COLUMNS, LINES, line_fact

# In the order of the trial balance, so that both can be read side by side.
_LINES_BY_ACCOUNT = f"""
SELECT {LINE_COLUMNS} {LINES}
WHERE entry.entity = %(entity)s AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
  AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
ORDER BY account.code, account.holder, account.currency,
         entry.happened_at, entry.recorded_at, entry.id, line.stripe, line.account_version
"""


def general_ledger(
    *, entity: str, since: datetime, until: datetime, known_at: datetime | None = None
) -> Generator[tuple[BalanceFact, Iterator[PostingFact]], None, None]:
    """Each account that ever moved, in order of code, holder and currency, with its lines of the stretch.

    A line's balance is the account's after it, whatever stripe it went to. Take one account's lines before asking for
    the next account. Holds the trial balance and a page of lines; read it inside a `snapshot()`, or a line posted
    meanwhile may be in the lines and not in the balance. Close it when you stop before its end: see `journal`.
    """
    balances = trial_balance(entity=entity, since=since, until=until, known_at=known_at)
    with connection.chunked_cursor() as cursor:
        wanted: Any = {"entity": entity, "since": since, "until": until, "known_at": known_at}
        cursor.execute(_LINES_BY_ACCOUNT, wanted)
        accounts = groupby(map(line_fact, cursor), key=lambda line: line.account)
        waiting = next(accounts, None)
        for balance in balances:
            if waiting is None or waiting[0] != balance.account:
                yield balance, iter(())
                continue
            yield balance, _running(waiting[1], opening_minor=balance.opening_minor)
            waiting = next(accounts, None)
    assert waiting is None, f"lines of {waiting[0]} without a balance"


def _running(lines: Iterator[PostingFact], *, opening_minor: int) -> Iterator[PostingFact]:
    balance_minor = opening_minor
    for line in lines:
        balance_minor += line.amount_minor
        yield PostingFact(line.entry, line.account, line.amount_minor, balance_minor)
