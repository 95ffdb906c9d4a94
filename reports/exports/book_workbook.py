"""A book as an Excel workbook, a sheet a table. Streams: memory does not grow with the book."""

from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from reports.books import Book
from reports.exports import sheets
from reports.exports.wording import subtitle
from reports.table import Kind, Row, Table

ROWS_MAX = 1_000_000  # of one sheet, Excel has 1 048 576; what is longer goes on in another sheet
_HEAD_ROW = 4


def write(book: Book, to: BinaryIO, *, made_at: datetime) -> None:
    """The workbook's bytes."""
    made = Workbook(write_only=True)
    made.properties.title = f"{book.title}, {book.scope.entity}"
    made.properties.creator = "Coko"
    made.properties.created = made.properties.modified = made_at.replace(tzinfo=None)
    for table in book.tables:
        _write(made, book, table, made_at)
    made.save(to)


def _write(made: Workbook, book: Book, table: Table, made_at: datetime) -> None:
    rows, part = iter(table.rows), 1
    first = next(rows, None)
    while first is not None or part == 1:
        sheet = made.create_sheet(table.name if part == 1 else f"{table.name} ({part})")
        _begin(sheet, book, table, made_at)
        count = _fill(sheet, () if first is None else chain((first,), islice(rows, ROWS_MAX - 1)))
        sheet.auto_filter.ref = f"A{_HEAD_ROW}:{get_column_letter(len(table.columns))}{_HEAD_ROW + count}"
        first, part = next(rows, None), part + 1


def _begin(sheet: sheets.Worksheet, book: Book, table: Table, made_at: datetime) -> None:
    for index, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    sheet.append([sheets.title(sheet, table.title)])
    sheet.append([sheets.text(sheet, subtitle(book.scope, made_at))])
    sheet.append([])
    sheet.append([sheets.head(sheet, column.name) for column in table.columns])


def _fill(sheet: sheets.Worksheet, rows: "chain[Row] | tuple[()]") -> int:
    count = 0
    for row in rows:
        cells = [sheets.cell(sheet, value) for value in row.cells]
        sheet.append(cells if row.kind is Kind.LINE else [sheets.totalled(cell) for cell in cells])
        count += 1
    return count
