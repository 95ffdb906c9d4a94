"""The invoice as a PDF."""

import hashlib
import io
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings
from pypdf import PdfReader

from billing.configuration.operations import set_tax_rule
from billing.invoices import pdf
from billing.invoices.models import InvoiceDocument
from billing.invoices.operations import credit, draft_invoice, mark_paid, void
from billing.invoices.queries import NoSuchInvoice
from billing.pricing.queries import line, quote_lines
from tests.factories import billing

PAYMENT = "pay_01jf8xk3t0a1b2c3d4e5f6g7h8"


def text_of(content: bytes) -> str:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    return " ".join(" ".join(pages).replace("\u202f", " ").replace("\u00a0", " ").split())


@pytest.fixture
def world(at):
    billing.reference_world(at=at)


@pytest.mark.django_db
class TestRender:
    def test_shows_who_what_how_much_and_how_it_was_paid(self, world, at):
        content = pdf.render(billing.paid_invoice(at=at, payment_ref=PAYMENT).id)
        text = text_of(content)
        for said in (
            "DÉMO",
            "Coko Sénégal SA (démo)",
            "NINEA : démo 000000000",
            "SN-2026-000001",
            "du 3 novembre 2026",
            "Payée le 3 nov. 2026 à 14:12 par Wave, réf. T_DEMO",
            "Awa Ndiaye",
            "Une si longue lettre",
            "1 271 F CFA",
            "229 F CFA",
            "1 500 F CFA",
            "TVA 18 %",
            "art. 355 bis",
            "mille cinq cents francs CFA",
            f"/receipts/{PAYMENT}/",
            "1 / 1",
        ):
            assert said in text
        assert len(PdfReader(io.BytesIO(content)).pages) == 1

    def test_shows_the_phone_masked(self, world, at):
        text = text_of(pdf.render(billing.open_invoice(at=at).id))
        assert "+22177•••••67" in text
        assert "771234567" not in text

    def test_embeds_its_fonts_and_tells_its_title_and_language(self, world, at):
        reader = PdfReader(io.BytesIO(pdf.render(billing.open_invoice(at=at).id)))
        assert reader.metadata.title == "Facture SN-2026-000001"
        assert reader.trailer["/Root"]["/Lang"] == "fr"
        fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
        for font in fonts:
            assert "+Coko-Sans" in font["/BaseFont"]
            assert "/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()

    def test_gives_the_same_bytes_every_time(self, world, at):
        paid = billing.paid_invoice(at=at, payment_ref=PAYMENT)
        first = pdf.render(paid.id)
        assert pdf.render(paid.id) == first
        assert InvoiceDocument.objects.get().sha256 == hashlib.sha256(first).hexdigest()

    def test_makes_a_document_for_each_state_and_keeps_both(self, world, at):
        opened = billing.open_invoice(at=at)
        before = text_of(pdf.render(opened.id))
        mark_paid(invoice_ref=opened.id, payment_ref=PAYMENT, provider="wave", fee_minor=15, at=at)
        after = text_of(pdf.render(opened.id))
        assert "À payer" in before
        assert "Payée le" in after
        assert PAYMENT in after
        assert InvoiceDocument.objects.count() == 2

    def test_says_that_a_void_invoice_owes_nothing_and_why(self, world, at):
        opened = billing.open_invoice(at=at)
        void(invoice_ref=opened.id, reason="Doublon de la commande", at=at)
        text = text_of(pdf.render(opened.id))
        assert "Annulée le 3 nov. 2026 à 14:12" in text
        assert "Doublon de la commande" in text

    def test_prints_composite_taxes_one_by_one(self, world, at):
        text = text_of(pdf.render(billing.open_invoice(at=at, country="CM").id))
        assert "TVA 17,5 %" in text
        assert "CAC 1,75 %" in text
        assert "1 258 FCFA" in text

    def test_formats_amounts_in_english_for_who_reads_english(self, world, at):
        opened = billing.open_invoice(at=at, to=billing.customer(language="en"))
        text = text_of(pdf.render(opened.id))
        assert "1,271 F CFA" in text
        assert "one thousand five hundred CFA francs" in text

    @pytest.mark.parametrize("language", ["fr", "en", "wo", "ar"])
    def test_is_one_page_in_every_language_with_every_font_inside(self, world, at, language):
        opened = billing.open_invoice(at=at, to=billing.customer(language=language))
        reader = PdfReader(io.BytesIO(pdf.render(opened.id)))
        assert len(reader.pages) == 1
        assert reader.trailer["/Root"]["/Lang"] == language
        names = []
        for font in (font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()):
            names.append(font["/BaseFont"])
            assert "/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert any("Arabic" in name for name in names) == (language == "ar")

    def test_joins_the_letters_of_arabic(self, world, at):
        opened = billing.open_invoice(at=at, to=billing.customer(language="ar", name="آوا ندياي"))
        text = PdfReader(io.BytesIO(pdf.render(opened.id))).pages[0].extract_text()
        assert "فاتورة" in text or "ةروتاف" in text  # readers differ on the order of what runs to the left
        assert "\ufffd" not in text

    def test_leads_to_where_it_can_be_paid(self, world, at):
        opened = billing.open_invoice(at=at)
        assert f"/checkout/invoices/{opened.id}/" in text_of(pdf.render(opened.id))

    def test_of_a_credit_note_cites_the_invoice_and_stays_the_same(self, world, at):
        paid = billing.paid_invoice(at=at, payment_ref=PAYMENT)
        note = credit(invoice_ref=paid.id, source_ref="ref_1", net_minor=424, tax_minor=76, reason="illisible", at=at)
        content = pdf.render_credit(note.id)
        text = text_of(content)
        for said in ("Avoir", "SN-AV-2026-000001", "sur la facture SN-2026-000001", "illisible", "500 F CFA"):
            assert said in text
        assert pdf.render_credit(note.id) == content

    def test_prints_what_the_law_wants_said_of_a_tax_that_is_not_taken(self, world, at):
        mention = "Autoliquidation : taxe due par le preneur"
        set_tax_rule(
            country="SN",
            product_kind="ebook",
            customer_kind="company",
            rates=[],
            legal_reference="exemple, art. 1",
            confidence="demo",
            valid_from=at.date(),
            changed_by="usr_1",
            at=at,
            mention=mention,
        )
        asked = line(edition_ref=billing.EDITION, country="SN", customer_kind="company", at=at)
        opened = billing.open_invoice(at=at, quotes=quote_lines(lines=[asked], country="SN", at=at))
        assert (opened.net_minor, opened.tax_minor) == (1500, 0)
        text = text_of(pdf.render(opened.id))
        for said in (mention, "Exonéré", "exemple, art. 1"):
            assert said in text
        assert "Autoliquidation" not in text_of(pdf.render(billing.open_invoice(at=at).id))

    def test_keeps_no_draft(self, world, at):
        draft = draft_invoice(owner_ref="web", customer=billing.customer(), quotes=[billing.quote(at=at)], at=at)
        assert "Brouillon" in text_of(pdf.render(draft.id))
        assert not InvoiceDocument.objects.exists()

    def test_refuses_an_invoice_that_does_not_exist(self):
        with pytest.raises(NoSuchInvoice):
            pdf.render("inv_none")

    def test_refuses_bytes_that_are_not_those_that_were_made(self, world, at):
        opened = billing.open_invoice(at=at)
        pdf.render(opened.id)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
            cursor.execute("UPDATE invoices_invoicedocument SET content = 'forged'::bytea")
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
        with pytest.raises(pdf.DocumentAltered):
            pdf.render(opened.id)

    @pytest.mark.parametrize(
        "title",
        [
            "<img src=file:///etc/passwd>",
            "<link rel=attachment href=file:///etc/passwd>",
            "<a rel=attachment href='file:///etc/passwd'>x</a>",
            "</style><style>@import url(file:///etc/passwd)</style>",
            "<svg><image href='file:///etc/passwd'/></svg>",
            "{% include '/etc/passwd' %}{{ settings.SECRET_KEY }}",
        ],
    )
    def test_prints_hostile_titles_as_they_are(self, world, at, title):
        billing.know_book(at=at, title=title)
        quoted = billing.quote(at=at)
        reader = PdfReader(io.BytesIO(pdf.render(billing.open_invoice(at=at, quotes=[quoted]).id)))
        assert list(reader.attachments) == ["factur-x.xml"]
        assert title.replace(" ", "")[:20] in reader.pages[0].extract_text().replace(" ", "").replace("\n", "")

    @override_settings(BASE_URL="https://coko.example")
    def test_leads_to_the_public_address(self, world, at):
        paid = billing.paid_invoice(at=at, payment_ref=PAYMENT)
        assert f"https://coko.example/receipts/{PAYMENT}/" in text_of(pdf.render(paid.id))


@pytest.mark.django_db
class TestRenderMissing:
    def test_makes_what_nobody_asked_for_once(self, world, at):
        paid = billing.paid_invoice(at=at, payment_ref=PAYMENT)
        credit(invoice_ref=paid.id, source_ref="ref_1", net_minor=424, tax_minor=76, reason="illisible", at=at)
        billing.open_invoice(at=at)
        assert pdf.render_missing(since=at + timedelta(days=1), limit=9) == 0
        assert [pdf.render_missing(since=at, limit=1) for _ in range(3)] == [1, 1, 0]
        assert InvoiceDocument.objects.get().state == "paid"


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_everybody_gets_the_document_stored_first(self, at):
        billing.reference_world(at=at)
        opened = billing.open_invoice(at=at)
        made: list[bytes] = []

        def render() -> None:
            made.append(pdf.render(opened.id))
            connection.close()

        threads = [threading.Thread(target=render) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 4
        assert len(set(made)) == 1
