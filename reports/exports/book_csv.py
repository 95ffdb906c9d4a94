"""A book as CSV: every row with what it is in the first column, semicolons between, a decimal comma, ISO dates.

UTF-8 with a byte order mark, which is how a spreadsheet program in French opens it right. Text never becomes a formula:
what begins like one gets an apostrophe before it.
"""

import csv
from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from typing import BinaryIO

from django.utils.translation import gettext as _

from billing.money import plain
from reports.books import Book
from reports.table import Amount, Cell, Kind

_LIKE_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write(book: Book, to: BinaryIO) -> None:
    """Row by row, as the ledger gives them."""
    text = TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(_rows(book))
    text.detach()


def _rows(book: Book) -> Iterator[list[str]]:
    yield [_("Nature"), *(column.name for column in book.tables[0].columns)]
    natures = {
        Kind.OPENING: _("ouverture"),
        Kind.LINE: _("ligne"),
        Kind.CLOSING: _("clôture"),
        Kind.TOTAL: _("total"),
    }
    for table in book.tables:
        for row in table.rows:
            yield [natures[row.kind], *map(_said, row.cells)]


def _said(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Amount):
        return plain(cell.minor, cell.currency).replace(".", ",")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return str(cell)
    safe = "".join(character if character.isprintable() else " " for character in cell)
    return f"'{safe}" if safe.lstrip().startswith(_LIKE_A_FORMULA) else safe
