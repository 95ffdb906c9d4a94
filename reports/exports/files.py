"""One door to every book as a file: which forms there are, what the file is called, and its bytes."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from billing.ledger import queries as ledger
from reports import books, fec
from reports.books import Book, BookName
from reports.exports import book_csv, book_pdf, book_workbook
from reports.scope import Scope


class Form(StrEnum):
    XLSX = "xlsx"
    PDF = "pdf"
    CSV = "csv"
    TXT = "txt"


FEC = "fec"
FORMS: Mapping[str, tuple[Form, ...]] = {
    BookName.JOURNAL.value: (Form.XLSX, Form.PDF, Form.CSV),
    BookName.GENERAL_LEDGER.value: (Form.XLSX, Form.PDF, Form.CSV),
    BookName.TRIAL_BALANCE.value: (Form.XLSX, Form.PDF, Form.CSV),
    FEC: (Form.TXT,),
}
MEDIA_TYPES: Mapping[Form, str] = {
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PDF: "application/pdf",
    Form.CSV: "text/csv; charset=utf-8",
    Form.TXT: "text/plain; charset=utf-8",
}


class NoSuchEntity(Exception):
    """No account of the ledger belongs to that legal entity."""


class NoSuchForm(ValueError):
    """That book is not made in that form."""


def file_name(name: str, form: Form, scope: Scope) -> str:
    """What the file is called: for the FEC as the law says, else by entity, months and book.

    :raises NoBooksCurrency: of the FEC, see `fec.keeper`.
    """
    return fec.file_name(scope, fec.keeper(scope)) if name == FEC else f"{scope.file_stem}-{name}.{form}"


def write(
    name: str,
    form: Form,
    scope: Scope,
    to: BinaryIO,
    *,
    made_at: datetime,
    paper_rows_max: int = book_pdf.ROWS_MAX,
) -> None:
    """The file's bytes in the active language. Call it inside the ledger's `snapshot()`.

    :raises NoSuchEntity: see there.
    :raises NoSuchForm: see `FORMS`.
    :raises TooLongForPaper: of a PDF.
    :raises NoBooksCurrency: of the FEC.
    :raises NoExchangeRate: of the FEC; nothing says what a line in another currency is worth.
    """
    if form not in FORMS.get(name, ()):
        raise NoSuchForm(f"{name} is not made as {form}")
    if scope.entity not in ledger.entities():
        raise NoSuchEntity(scope.entity)
    if name == FEC:
        with closing(fec.lines(scope, currency=fec.keeper(scope).currency)) as lines:
            to.writelines(f"{line}\n".encode() for line in lines)
        return
    with closing(books.book(BookName(name), scope)) as book:
        _write(book, form, to, made_at, paper_rows_max)


def _write(book: Book, form: Form, to: BinaryIO, made_at: datetime, paper_rows_max: int) -> None:
    if form is Form.CSV:
        book_csv.write(book, to)
    elif form is Form.XLSX:
        book_workbook.write(book, to, made_at=made_at)
    else:
        to.write(book_pdf.build(book, made_at=made_at, rows_max=paper_rows_max))
