"""A book on paper: A4 across, the account's number on every row, rows never split, the head repeated.

Paper is laid out as a whole, so its length is limited; longer books are for the workbook or the CSV.
"""

from datetime import date, datetime
from itertools import islice
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.configuration import queries as configuration
from reports.books import Book
from reports.exports.wording import months
from reports.table import Cell, Column, Kind, Row, Table

ROWS_MAX = 10_000  # some 400 pages, a few minutes


class TooLongForPaper(Exception):
    """The book has more rows than paper takes."""


def build(book: Book, *, made_at: datetime, rows_max: int) -> bytes:
    """The PDF's bytes in the active language.

    :raises TooLongForPaper: more than `rows_max` rows.
    """
    left = rows_max
    printed: list[dict[str, Any]] = []
    for table in book.tables:
        rows = list(islice(table.rows, left + 1))
        left -= len(rows)
        if left < 0:
            raise TooLongForPaper(f"more than {rows_max} rows")
        printed.append(_printed(table, rows))
    context = {
        "book": book,
        "tables": printed,
        "line_count": sum(kind == Kind.LINE for table in printed for kind, _cells in table["rows"]),
        "seller": _seller(book),
        "months": months(book.scope),
        "made_at": made_at,
    }
    html = render_to_string("reports_web/book_pdf.html", context)
    from billing import paper  # takes a second to import: only who prints pays for it

    return paper.from_html(html, title=f"{book.title}, {book.scope.entity}", language=get_language() or "fr")


def _printed(table: Table, rows: list[Row]) -> dict[str, Any]:
    """What is on paper of a table: its columns, and its rows cut to them."""
    kept = [(place, column) for place, column in enumerate(table.columns) if column.paper_mm]
    return {
        "title": table.title,
        "columns": [column for _place, column in kept],
        "rows": [
            (row.kind.value, [_shown(column, row.cells[place], row.kind) for place, column in kept]) for row in rows
        ],
        "empty": _("Aucune écriture dans ces mois."),
    }


def _shown(column: Column, cell: Cell, kind: Kind) -> tuple[str, Cell]:
    """How the cell is drawn, and the cell."""
    if cell is None or (column.once and kind is Kind.LINE):
        return ("nothing", None)
    if column.is_amount:
        return ("amount", cell)
    return ("day" if isinstance(cell, date) else "text", cell)


def _seller(book: Book) -> object:
    """The legal entity by its name and numbers; None where nobody has said them."""
    try:
        return configuration.seller_of(entity=book.scope.entity, on=book.scope.last_day)
    except configuration.NoSeller:
        return None
