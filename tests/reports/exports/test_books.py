"""The books as files, opened again as the programs they are for would."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from openpyxl import load_workbook
from pypdf import PdfReader

from billing.configuration.queries import NoExchangeRate
from billing.ledger import queries as ledger
from billing.ledger.operations import post
from reports import books
from reports.books import Book, BookName
from reports.exports import book_csv, book_pdf, book_workbook, files
from reports.exports.files import Form
from reports.scope import Scope
from reports.table import Amount, Column, Kind, Row, Table
from tests.factories.books import NOVEMBER, PAYEE, post_two_months
from tests.factories.ledger import sale

AT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
BOTH = Scope("coko-sn", "2026-10", "2026-11")
EMPTY = Scope("coko-sn", "2025-01", "2025-01")


def written(name: str, form: Form, scope: Scope = BOTH) -> bytes:
    to = io.BytesIO()
    files.write(name, form, scope, to, made_at=AT)
    return to.getvalue()


def parsed(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ".") or "0")


@pytest.fixture
def two_months(french) -> str:
    return post_two_months()


@pytest.mark.django_db
@pytest.mark.usefixtures("two_months")
class TestCsv:
    def test_of_the_journals_has_every_line(self):
        lines = [row for row in parsed(written("journal", Form.CSV)) if row["Nature"] == "ligne"]
        posted = [line for entry in ledger.journal(since=BOTH.since, until=BOTH.until) for line in entry]
        places = {"XOF": 0, "EUR": 2}
        assert sorted((r["Écriture"], r["Compte"], number(r["Débit"]) - number(r["Crédit"])) for r in lines) == sorted(
            (p.entry.id, p.account.code, Decimal(p.amount_minor).scaleb(-places[p.account.currency])) for p in posted
        )

    def test_of_the_grand_livre_opens_and_closes(self):
        rows = parsed(written("grand-livre", Form.CSV))
        balances = ledger.trial_balance(entity="coko-sn", since=BOTH.since, until=BOTH.until)
        closing = [number(row["Solde"]) for row in rows if row["Nature"] == "clôture" and row["Devise"] == "XOF"]
        assert closing == [row.closing_minor for row in balances if row.account.currency == "XOF"]

    def test_of_the_balance_agrees_in_its_total(self):
        (euro, franc) = [row for row in parsed(written("balance", Form.CSV)) if row["Nature"] == "total"]
        assert (euro["Mouvements, débit"], euro["Mouvements, crédit"]) == ("15,00", "15,00")
        assert franc["Clôture, débit"] == franc["Clôture, crédit"]

    def test_text_stays_on_its_line_and_never_becomes_a_formula(self):
        (line, _other) = [row for row in parsed(written("journal", Form.CSV)) if row["Journal"] == "RD"][:2]
        assert line["Libellé"] == "'=1+1|droits; d’auteur"
        assert PAYEE in {row["Tiers"] for row in parsed(written("journal", Form.CSV))}


@pytest.mark.django_db
@pytest.mark.usefixtures("two_months")
class TestWorkbook:
    def test_has_a_sheet_a_journal_with_numbers_and_dates(self):
        book = load_workbook(io.BytesIO(written("journal", Form.XLSX)))
        assert book.sheetnames == ["VT", "BQ", "RD", "OD"]
        posted = [line for entry in ledger.journal(journal="BQ", since=BOTH.since, until=BOTH.until) for line in entry]
        lines = [row for row in book["BQ"].iter_rows(min_row=5, values_only=True) if row[12]]
        places = {"XOF": 0, "EUR": 2}
        assert sorted((row[12], row[4], Decimal(str(row[9] or 0)) - Decimal(str(row[10] or 0))) for row in lines) == (
            sorted(
                (p.entry.id, p.account.code, Decimal(p.amount_minor).scaleb(-places[p.account.currency]))
                for p in posted
            )
        )
        assert {type(row[1]) for row in lines} == {datetime}
        assert {cell.number_format for cell in book["BQ"]["J"] if isinstance(cell.value, int | float)} == {
            '#,##0\\ "F CFA"',
            '#,##0.00\\ "€"',
        }
        assert [cell.data_type for cell in book["RD"]["H"] if str(cell.value).startswith("=")] == ["s", "s"]

    def test_of_the_balance_has_equal_totals(self):
        sheet = load_workbook(io.BytesIO(written("balance", Form.XLSX))).active
        totals = [row for row in sheet.iter_rows(min_row=5, values_only=True) if row[1] == "Total"]
        assert len(totals) == 2
        assert all(row[3] == row[4] and row[5] == row[6] and row[7] == row[8] for row in totals)

    def test_goes_on_in_another_sheet_when_one_is_full(self, monkeypatch):
        monkeypatch.setattr(book_workbook, "ROWS_MAX", 7)
        book = load_workbook(io.BytesIO(written("grand-livre", Form.XLSX)))
        whole = sum(1 for _row in next(iter(books.book(BookName.GENERAL_LEDGER, BOTH).tables)).rows)
        assert book.sheetnames[:2] == ["Grand livre", "Grand livre (2)"]
        assert sum(sheet.max_row - 4 for sheet in book.worksheets) == whole
        assert {sheet["A4"].value for sheet in book.worksheets} == {"Compte"}


@pytest.mark.django_db
@pytest.mark.usefixtures("two_months")
class TestPdf:
    @pytest.mark.parametrize("name", ["journal", "grand-livre", "balance"])
    def test_says_whose_it_is_the_accounts_and_the_pages(self, name):
        document = PdfReader(io.BytesIO(written(name, Form.PDF)))
        text = " ".join(page.extract_text() for page in document.pages)
        for said in ("Coko Sénégal SA (démo)", "NINEA", "2026-10 – 2026-11", "552", "7065", "4081", "XOF", "EUR"):
            assert said in text
        assert f"1 / {len(document.pages)}" in text
        width, height = document.pages[0].mediabox[2:]
        assert width > height

    def test_refuses_what_is_too_long_for_paper(self):
        with pytest.raises(book_pdf.TooLongForPaper):
            book_pdf.build(books.book(BookName.GENERAL_LEDGER, BOTH), made_at=AT, rows_max=5)


@pytest.mark.django_db
@pytest.mark.usefixtures("two_months")
class TestEmptyMonths:
    @pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in files.FORMS.items() for form in forms])
    def test_are_a_file_all_the_same(self, name, form):
        content = written(name, form, EMPTY)
        if form is Form.CSV:
            assert parsed(content) == []
        elif form is Form.XLSX:
            assert all(sheet.max_row == 4 for sheet in load_workbook(io.BytesIO(content)).worksheets)
        elif form is Form.PDF:
            assert "Aucune écriture dans ces mois." in PdfReader(io.BytesIO(content)).pages[0].extract_text()
        else:
            assert content.decode().count("\n") == 1

    def test_an_entity_nobody_knows_is_refused(self):
        with pytest.raises(files.NoSuchEntity):
            written("journal", Form.CSV, Scope("nobody", "2026-10", "2026-10"))
        with pytest.raises(files.NoSuchForm):
            written("fec", Form.PDF)


@pytest.mark.django_db
@pytest.mark.usefixtures("two_months")
class TestRefusedOnTheWay:
    def test_leaves_no_cursor_behind(self, monkeypatch):
        monkeypatch.setitem(files.write.__kwdefaults__, "paper_rows_max", 3)
        for name, form, refusal in (
            ("journal", Form.PDF, book_pdf.TooLongForPaper),
            ("grand-livre", Form.PDF, book_pdf.TooLongForPaper),
            ("fec", Form.TXT, NoExchangeRate),
        ):
            post(draft=sale(currency="USD", happened_at=NOVEMBER), at=NOVEMBER)
            # The error is kept, with every frame that was there: what it holds must have been let go of.
            with pytest.raises(refusal) as kept:
                written(name, form)
            with connection.cursor() as cursor:
                cursor.execute("SELECT name FROM pg_cursors WHERE statement LIKE 'DECLARE%%'")
                assert (cursor.fetchall(), kept.type) == ([], refusal)


class TestMemory:
    """Ten times the rows, and hardly more memory."""

    COLUMNS = tuple(Column(f"c{place}", 10) for place in range(6))

    def rows(self, count: int) -> Iterator[Row]:
        for place in range(count):
            cells = (f"pay_{place:026}", date(2026, 10, 3), place, f"libellé {place}", Amount(place, "XOF"), None)
            yield Row(Kind.LINE, cells)

    def peak(self, write, count: int) -> int:
        table = Table("t", "t", self.COLUMNS, self.rows(count))
        book = Book(BookName.JOURNAL, "t", BOTH, (table,))
        with open("/dev/null", "wb") as nowhere:
            tracemalloc.start()
            try:
                write(book, nowhere)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    @pytest.mark.parametrize(
        "write",
        [book_csv.write, lambda book, to: book_workbook.write(book, io.BytesIO(), made_at=AT)],
        ids=["csv", "xlsx"],
    )
    def test_does_not_grow_with_the_book(self, write):
        self.peak(write, 100)  # what is loaded once
        small, large = self.peak(write, 500), self.peak(write, 5_000)
        per_row = (large - small) / 4_500
        assert per_row < 100, f"{per_row:.0f} bytes a row stay in memory"
