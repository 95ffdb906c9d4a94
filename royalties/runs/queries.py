"""What others may know of royalty lines."""

from collections.abc import Collection, Iterator

from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import Collate

from billing.invoices.facts import SaleLineFact
from royalties.runs.facts import AwaitingSaleFact, RoyaltyLineFact
from royalties.runs.models import AuthorRoyalty, AwaitingContract, LineStatement, PeriodRun


class NoSuchLine(Exception):
    """No royalty line has that reference."""


def line(line_ref: str) -> RoyaltyLineFact:
    """
    :raises NoSuchLine: nothing has that reference.
    """
    found = _rows().filter(pk=line_ref).first()
    if found is None:
        raise NoSuchLine(line_ref)
    return _fact(found)


def lines(
    *,
    payee_ref: str,
    period: str | None = None,
    currency: str | None = None,
    entity: str | None = None,
) -> tuple[RoyaltyLineFact, ...]:
    """One payee's lines, oldest sale first."""
    wanted = {"period": period, "currency": currency, "entity": entity}
    given = {field: value for field, value in wanted.items() if value is not None}
    return tuple(_fact(row) for row in _rows().filter(payee_ref=payee_ref, **given))


def unstated_lines(*, payee_ref: str) -> tuple[RoyaltyLineFact, ...]:
    """One payee's lines that stand on no statement yet, oldest sale first."""
    return tuple(_fact(row) for row in _rows().filter(payee_ref=payee_ref, stated__isnull=True))


def lines_of_period(period: str) -> tuple[RoyaltyLineFact, ...]:
    """Every payee's lines of the month."""
    return tuple(_fact(row) for row in _rows().filter(period=period))


def holders_of_period(period: str) -> frozenset[tuple[str, str, str]]:
    """Who has lines of the month: (payee, entity, currency)."""
    found = AuthorRoyalty.objects.filter(period=period).values_list("payee_ref", "entity", "currency")
    return frozenset(found.distinct())


def lines_of_statements(statement_refs: Collection[str]) -> Iterator[RoyaltyLineFact]:
    """The lines that stand on these statements."""
    return (_fact(row) for row in _rows().filter(stated__statement_ref__in=statement_refs).iterator(chunk_size=1000))


def every_line() -> Iterator[RoyaltyLineFact]:
    """All lines there are, in order of their entries, a chunk at a time: for checks."""
    rows = _rows().order_by(Collate("entry_ref", "C"), "id")
    return (_fact(row) for row in rows.iterator(chunk_size=1000))


def stated_totals() -> Iterator[tuple[str, int, int]]:
    """(statement, number of its lines, their sum), in order of the statements' references: for checks."""
    found = LineStatement.objects.values_list("statement_ref").annotate(Count("line"), Sum("line__amount_minor"))
    ordered = found.order_by(Collate("statement_ref", "C"))
    return ((ref, count, int(total)) for ref, count, total in ordered.iterator(chunk_size=1000))


def awaiting_contract() -> tuple[AwaitingSaleFact, ...]:
    """Paid sales that nobody is owed for until a contract is recorded, oldest first."""
    return tuple(awaiting_fact(row) for row in AwaitingContract.objects.order_by("paid_at", "item_ref"))


def awaiting_fact(row: AwaitingContract | SaleLineFact) -> AwaitingSaleFact:
    return AwaitingSaleFact(
        item_ref=row.item_ref,
        invoice_number=row.invoice_number,
        edition_ref=row.edition_ref,
        title=row.title,
        entity=row.entity,
        currency=row.currency,
        gross_minor=row.gross_minor,
        paid_at=row.paid_at,
    )


def is_closed(period: str) -> bool:
    """Whether the month was closed itself."""
    return PeriodRun.objects.filter(pk=period).exists()


def last_closed_period() -> str | None:
    """The latest closed month; everything up to it takes no line any more."""
    found: str | None = PeriodRun.objects.aggregate(last=Max("period"))["last"]
    return found


def first_unstated_period() -> str | None:
    """The oldest month with a line that stands on no statement."""
    row = AuthorRoyalty.objects.filter(stated__isnull=True).order_by("period").values_list("period", flat=True).first()
    return row


def _rows() -> QuerySet[AuthorRoyalty]:
    return AuthorRoyalty.objects.select_related("stated").order_by("happened_at", "id")


def _fact(row: AuthorRoyalty) -> RoyaltyLineFact:
    stated = getattr(row, "stated", None)  # the reverse of a one-to-one raises when there is none
    return RoyaltyLineFact(
        id=row.id,
        period=row.period,
        payee_ref=row.payee_ref,
        payee_name=row.payee_name,
        entity=row.entity,
        kind=row.kind,
        edition_ref=row.edition_ref,
        title=row.title,
        item_ref=row.item_ref,
        invoice_number=row.invoice_number,
        quantity=row.quantity,
        currency=row.currency,
        gross_minor=row.gross_minor,
        base_minor=row.base_minor,
        amount_minor=row.amount_minor,
        happened_at=row.happened_at,
        inputs=row.inputs,
        entry_ref=row.entry_ref,
        statement_ref=stated.statement_ref if stated else None,
    )
