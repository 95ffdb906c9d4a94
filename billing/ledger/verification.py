"""Proves the books from the postings up, and names each thing that does not agree.

Each file in `checks/` is one check: a first line that says what must hold, and a query that returns (subject, message)
for each place where it does not. PostgreSQL does the work set by set; Python holds one page of differences at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from django.db import connection

from billing.ledger import chart
from billing.ledger.facts import Difference
from billing.ledger.models import Account, JournalEntry, Posting, Reversal
from billing.ledger.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Check:
    rule: str  # the file's name
    promise: str
    sql: str


def _read(path: Path) -> Check:
    first, _, sql = path.read_text().partition("\n")
    return Check(rule=path.stem, promise=first.removeprefix("-- "), sql=sql)


CHECKS = tuple(_read(path) for path in sorted((Path(__file__).parent / "checks").glob("*.sql")))


def differences(*, patient: bool = True) -> Iterator[Difference]:
    """Everything the books do not agree on, seen at one moment. Nothing, when all is well.

    :raises OperationalError: without patience, a check took longer than the session gives a statement.
    """
    with snapshot(patient=patient):
        yield from chain(unknown_codes(), *map(failures, CHECKS))


def failures(check: Check) -> Iterator[Difference]:
    """What one check finds; call it inside a `snapshot()`."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(check.sql)
        for subject, message in cursor:
            yield Difference(rule=check.rule, subject=subject, message=message)


def unknown_codes() -> Iterator[Difference]:
    """Accounts outside the chart: somebody posted past `operations`."""
    codes = Account.objects.order_by("code").values_list("code", flat=True).distinct()
    for code in codes:
        if code not in chart.ACCOUNTS:
            yield Difference(rule="chart", subject=code, message="is not in our chart of accounts")


def counts() -> dict[str, int]:
    """How much there is to check."""
    return {
        "entries": JournalEntry.objects.count(),
        "postings": Posting.objects.count(),
        "accounts": Account.objects.count(),
        "reversals": Reversal.objects.count(),
    }
