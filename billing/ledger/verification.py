"""Proves the books from the postings up, and names each thing that does not agree.

Each file in `checks/` is one reading of the tables: a first line that says what must hold, and a query that returns
(rule, subject, message) for each place where it does not. PostgreSQL does the work set by set, with all its cores;
Python holds one difference at a time. What is under seal is hashed again by `sealed`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path

from django.db import connection

from billing.ledger import chart, sealed
from billing.ledger.facts import Difference
from billing.ledger.models import Account, ChartAccount, JournalEntry, Posting, Reversal
from billing.ledger.snapshot import in_parallel, snapshot


@dataclass(frozen=True, slots=True)
class Check:
    name: str  # the file's
    promise: str
    sql: str


def _read(path: Path) -> Check:
    first, _, sql = path.read_text().partition("\n")
    return Check(name=path.stem, promise=first.removeprefix("-- "), sql=sql)


CHECKS = tuple(_read(path) for path in sorted((Path(__file__).parent / "checks").glob("*.sql")))


def differences(*, patient: bool = True, at: datetime | None = None) -> Iterator[Difference]:
    """Everything the books do not agree on, seen at one moment. Nothing, when all is well.

    `at`: look for days that should be sealed by then. Without patience the days under seal are not hashed again.

    :raises OperationalError: without patience, a check took longer than the session gives a statement.
    """
    with snapshot(patient=patient):
        yield from chain(chart_differences(), *map(failures, CHECKS))
        if patient:
            yield from sealed.differences(at=at)


def failures(check: Check) -> Iterator[Difference]:
    """What one check finds; call it inside a `snapshot()`."""
    for rule, subject, message in in_parallel(check.sql):
        yield Difference(rule=rule, subject=subject, message=message)


def trust_entries_before(day: date | None) -> None:
    """For the rest of the transaction, entries recorded before this day are not fingerprinted again."""
    since = "" if day is None else sealed.midnight(day).isoformat()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('coko.trust_entries_before', %s, true)", [since])


def chart_differences() -> Iterator[Difference]:
    """Accounts outside the chart, and a chart that is not the code's: somebody wrote past `operations`."""
    rows = {row["code"]: row for row in ChartAccount.objects.values()}
    for code in Account.objects.order_by("code").values_list("code", flat=True).distinct():
        if code not in chart.ACCOUNTS:
            yield Difference(rule="chart", subject=code, message="is not in our chart of accounts")
    for code in sorted(rows.keys() | chart.ACCOUNTS.keys()):
        told = chart.row(chart.ACCOUNTS[code]) if code in chart.ACCOUNTS else None
        if rows.get(code) != told:
            yield Difference(rule="chart", subject=code, message=f"the database has {rows.get(code)}, the code {told}")


def counts() -> dict[str, int]:
    """How much there is to check."""
    return {
        "entries": JournalEntry.objects.count(),
        "postings": Posting.objects.count(),
        "accounts": Account.objects.count(),
        "reversals": Reversal.objects.count(),
    }
