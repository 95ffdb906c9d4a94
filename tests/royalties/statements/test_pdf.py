"""The statement as a file: what it says, and that it never changes."""

import hashlib
import io
import threading

import pypdf
import pytest
from django.db import IntegrityError, connection, transaction

from royalties.statements import operations, pdf, queries
from royalties.statements.models import StatementPdf
from tests.factories import billing, royalties
from tests.royalties.conftest import BEFORE, NOVEMBER, OCTOBER, make_world


def text_of(content: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())


@pytest.fixture
def issued(world, sell):
    sell(at=OCTOBER, quantity=2)
    both = operations.close(period="2026-10", at=NOVEMBER)
    return sorted(both, key=lambda statement: -statement.earned_minor)


class TestRender:
    def test_says_who_when_and_how_much(self, issued):
        statement = issued[0]
        text = text_of(pdf.render(statement.id))
        for part in (
            statement.number,
            statement.payee_name,
            "octobre 2026",
            "vous avez gagné 1 061 F CFA",
            "Une si longue lettre",
            statement.lines[0].invoice_number,
            statement.sha256,
            "Coko Sénégal SA (démo)",
            "NINEA",
            f"/author/statements/{statement.id}/",
            "1 / ",
        ):
            assert part in text, part
        assert text.count("✓") == 7

    def test_is_the_same_bytes_ever_after(self, issued):
        first = pdf.render(issued[0].id)
        assert pdf.render(issued[0].id) == first
        kept = StatementPdf.objects.get()
        assert kept.sha256 == hashlib.sha256(first).hexdigest()

    def test_speaks_the_payees_language(self, bookshop, sell):
        author = royalties.payee(language="en", at=BEFORE)
        royalties.contract(shares={author.id: 1}, at=BEFORE)
        sell(at=OCTOBER)
        (statement,) = operations.close(period="2026-10", at=NOVEMBER)
        content = pdf.render(statement.id)
        assert "879 F CFA" in text_of(content)
        assert pypdf.PdfReader(io.BytesIO(content)).trailer["/Root"]["/Lang"] == "en"

    def test_refuses_what_does_not_exist(self, db):
        with pytest.raises(queries.NoSuchStatement):
            pdf.render("stm_none")

    def test_survives_a_title_that_is_markup(self, bookshop, sell):
        edition = "edn_00000000000000000000000009"
        billing.know_book(at=BEFORE, edition_ref=edition, title="<img src=file:///etc/passwd> & Co")
        author = royalties.payee(at=BEFORE)
        royalties.contract(edition_ref=edition, shares={author.id: 1}, at=BEFORE)
        royalties.price(edition_ref=edition, at=BEFORE)
        sell(at=OCTOBER, edition_ref=edition)
        (statement,) = operations.close(period="2026-10", at=NOVEMBER)
        assert "<img src=file:///etc/passwd> & Co" in text_of(pdf.render(statement.id))

    @pytest.mark.parametrize(
        "change", ["UPDATE statements_statementpdf SET sha256 = ''", "DELETE FROM statements_statementpdf"]
    )
    def test_is_kept_append_only(self, issued, change):
        pdf.render(issued[0].id)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(change)


@pytest.mark.django_db(transaction=True)
class TestTwoFirstReaders:
    def test_get_the_same_bytes(self):
        billing.reference_world(at=BEFORE)
        make_world()
        royalties.sale(at=OCTOBER)
        ref = operations.close(period="2026-10", at=NOVEMBER)[0].id
        contents: list[bytes] = []

        def work() -> None:
            try:
                contents.append(pdf.render(ref))
            finally:
                connection.close()

        readers = [threading.Thread(target=work) for _ in range(2)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert len(contents) == 2
        assert contents[0] == contents[1]
