"""What others may know of statements."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Collate

from royalties import periods
from royalties.runs import queries as runs
from royalties.runs.facts import RoyaltyLineFact
from royalties.statements.document import Holder
from royalties.statements.facts import AuditCheck, BookSummary, RunningFact, StatementFact, StatementSummary
from royalties.statements.models import Statement


class NoSuchStatement(Exception):
    """No statement has that reference."""


def statement(statement_ref: str) -> StatementFact:
    """The whole document.

    :raises NoSuchStatement: nothing has that reference.
    """
    found = _rows().filter(pk=statement_ref).first()
    if found is None:
        raise NoSuchStatement(statement_ref)
    return _whole([found])[0]


def statements_of(payee_ref: str) -> tuple[StatementSummary, ...]:
    """One payee's statements, newest first."""
    rows = _rows().filter(payee_ref=payee_ref).order_by("-period", "-version", "number").defer("document")
    return tuple(_summary(row) for row in rows)


def statements_of_period(period: str) -> tuple[StatementSummary, ...]:
    """Everybody's statements of the month, by number."""
    rows = _rows().filter(period=period).order_by("number", "version").defer("document")
    return tuple(_summary(row) for row in rows)


def whole_statements_of_period(period: str) -> tuple[StatementFact, ...]:
    """The same with all they show."""
    return _whole(list(_rows().filter(period=period).order_by("number", "version")))


def every_statement() -> Iterator[tuple[StatementSummary, Mapping[str, Any]]]:
    """All statements there are with their documents, by reference, a few at a time: for checks."""
    for row in _rows().order_by(Collate("id", "C")).iterator(chunk_size=100):
        yield _summary(row), row.document


def every_entry() -> Iterator[tuple[str, StatementSummary]]:
    """All statements there are, each with its ledger entry or nothing, in order of the entries: for checks."""
    rows = _rows().order_by(Collate("entry_ref", "C"), "id").defer("document")
    for row in rows.iterator(chunk_size=1000):
        yield row.entry_ref, _summary(row)


def content(statement_ref: str) -> Mapping[str, Any]:
    """The stored document, as its hash was taken of it.

    :raises NoSuchStatement: nothing has that reference.
    """
    found: Mapping[str, Any] | None = (
        Statement.objects.filter(pk=statement_ref).values_list("document", flat=True).first()
    )
    if found is None:
        raise NoSuchStatement(statement_ref)
    return found


def running(payee_ref: str, *, at: datetime) -> tuple[RunningFact, ...]:
    """What the payee earned since the last statement, by currency; may still grow until the month is closed."""
    lines = sorted(runs.unstated_lines(payee_ref=payee_ref), key=lambda line: line.currency)
    return tuple(
        RunningFact(periods.of(at), currency, sum(line.amount_minor for line in group), group)
        for currency, group in ((key, tuple(rows)) for key, rows in groupby(lines, key=lambda line: line.currency))
    )


def latest_of(holder: Holder) -> StatementFact | None:
    """The holder's newest statement."""
    row = _of(holder).order_by("-period", "-version").first()
    return _fact(row, ()) if row else None


def carried(holder: Holder) -> int:
    """What all of the holder's statements together leave owed, reckoned from their movements."""
    moved = _of(holder).aggregate(total=Sum(F("earned_minor") - F("paid_minor")))["total"]
    return int(moved or 0)


def open_balances() -> tuple[Holder, ...]:
    """Holders whose statements leave something owed, either way."""
    sums = Statement.objects.values_list("payee_ref", "entity", "currency").annotate(
        owed=Sum(F("earned_minor") - F("paid_minor"))
    )
    return tuple(Holder(payee, entity, currency) for payee, entity, currency, owed in sums if owed)


def _rows() -> QuerySet[Statement]:
    # The name comes along, so that a list need not load whole documents.
    return Statement.objects.annotate(issuer_name=KT("document__issuer__name"))


def _of(holder: Holder) -> QuerySet[Statement]:
    return _rows().filter(payee_ref=holder.payee_ref, entity=holder.entity, currency=holder.currency)


def _whole(rows: list[Statement]) -> tuple[StatementFact, ...]:
    lines: dict[str, list[RoyaltyLineFact]] = defaultdict(list)
    for line in runs.lines_of_statements([row.id for row in rows]):
        assert line.statement_ref is not None  # asked for by it
        lines[line.statement_ref].append(line)
    return tuple(_fact(row, tuple(lines[row.id])) for row in rows)


def _summary(row: Statement) -> StatementSummary:
    return StatementSummary(
        id=row.id,
        number=row.number,
        version=row.version,
        payee_ref=row.payee_ref,
        payee_name=row.payee_name,
        entity=row.entity,
        period=row.period,
        currency=row.currency,
        opening_minor=row.opening_minor,
        earned_minor=row.earned_minor,
        paid_minor=row.paid_minor,
        closing_minor=row.closing_minor,
        issued_at=row.issued_at,
        sha256=row.sha256,
        issuer_name=row.issuer_name,  # type: ignore[attr-defined]  # annotated in _rows
    )


def _fact(row: Statement, lines: tuple[RoyaltyLineFact, ...]) -> StatementFact:
    summary = _summary(row)
    return StatementFact(
        **{field: getattr(summary, field) for field in StatementSummary.__dataclass_fields__},
        issuer=row.document["issuer"],
        books=tuple(BookSummary(**book) for book in row.document["books"]),
        lines=lines,
        audit=tuple(AuditCheck(**check) for check in row.document["audit"]),
    )
