"""The invoice as a program reads it, by another program's schemas where that is installed."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from defusedxml import ElementTree
from pypdf import PdfReader

from billing.invoices import factur_x, operations, pdf, queries
from billing.pricing import operations as pricing
from billing.pricing import queries as quotes
from tests.factories import billing

pytestmark = pytest.mark.django_db
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@pytest.fixture(autouse=True)
def _world(at):
    billing.reference_world(at=at)


def discounted(at, country="SN"):
    pricing.add_coupon(code="RENTREE", owner_ref="web", rate=Fraction(1, 3), by="x", at=at)
    quote = quotes.quote(
        edition_ref=billing.EDITION, country=country, quantity=7, coupon_code="RENTREE", owner_ref="web", at=at
    )
    return billing.open_invoice(at=at, country=country, quotes=[quote])


def credited(at):
    paid = billing.paid_invoice(at=at, payment_ref="pay_1")
    return operations.credit(
        invoice_ref=paid.id, source_ref="ref_1", net_minor=424, tax_minor=76, reason="illisible", at=at
    )


def exempt(at):
    opened = billing.open_invoice(at=at)
    (item,) = opened.items
    free = replace(item, net_minor=1500, tax_lines=(), tax_reference="Exonéré : CGI, art. 1")
    return replace(opened, items=(free,), net_minor=1500, tax_minor=0)


def papers(at):
    """One of each kind, with the XML that goes into it."""
    paid = billing.paid_invoice(at=at, payment_ref="pay_2")
    cameroon = billing.open_invoice(at=at, country="CM")
    euro = billing.open_invoice(at=at, country="FR", quotes=[billing.quote(at=at, country="FR", quantity=3)])
    note = credited(at)
    invoices = [billing.open_invoice(at=at), paid, cameroon, euro, discounted(at), exempt(at)]
    day = date(2026, 11, 3)
    for one in invoices:
        yield factur_x.of_invoice(one, seller=queries.seller_on(one.id), issued_on=day)
    seller = queries.seller_on(note.invoice_ref)
    yield factur_x.of_credit_note(note, seller=seller, issued_on=day, invoice_issued_on=day)


def amounts(xml: bytes, name: str) -> list[Decimal]:
    return [Decimal(node.text) for node in ElementTree.fromstring(xml).iter(f"{RAM}{name}")]


class TestXml:
    def test_sums(self, at):
        for xml in papers(at):
            (net,), (tax,), (gross,) = (
                amounts(xml, name) for name in ("TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount")
            )
            assert net + tax == gross
            assert sum(amounts(xml, "CalculatedAmount")) == tax
            assert sum(amounts(xml, "BasisAmount")) == net
            (due,), (prepaid,) = amounts(xml, "DuePayableAmount"), amounts(xml, "TotalPrepaidAmount")
            assert due + prepaid == gross

    def test_tells_composite_taxes_as_one_rate(self, at):
        cameroon = billing.open_invoice(at=at, country="CM")
        xml = factur_x.of_invoice(cameroon, seller=queries.seller_on(cameroon.id), issued_on=date(2026, 11, 3))
        assert set(amounts(xml, "RateApplicablePercent")) == {Decimal("19.25")}

    def test_owes_nothing_once_it_is_paid(self, at):
        paid = billing.paid_invoice(at=at, payment_ref="pay_1")
        xml = factur_x.of_invoice(paid, seller=queries.seller_on(paid.id), issued_on=date(2026, 11, 3))
        assert amounts(xml, "DuePayableAmount") == [0]

    def test_a_credit_note_cites_its_invoice(self, at):
        note = credited(at)
        day = date(2026, 11, 3)
        xml = factur_x.of_credit_note(
            note, seller=queries.seller_on(note.invoice_ref), issued_on=day, invoice_issued_on=day
        )
        root = ElementTree.fromstring(xml)
        assert [node.text for node in root.iter(f"{RAM}IssuerAssignedID")] == ["SN-2026-000001"]
        assert "381" in [node.text for node in root.iter(f"{RAM}TypeCode")]

    def test_is_what_the_schemas_of_factur_x_accept(self, at):
        facturx = pytest.importorskip("facturx", reason="factur-x is in requirements/dev.in")
        for xml in papers(at):
            assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")


class TestInThePdf:
    def test_is_embedded_in_an_archive(self, at):
        reader = PdfReader(io.BytesIO(pdf.render(billing.open_invoice(at=at).id)))
        assert list(reader.attachments) == [factur_x.FILE_NAME]
        (xml,) = reader.attachments[factur_x.FILE_NAME]
        assert b"SN-2026-000001" in xml
        metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
        assert "EN 16931" in metadata
        assert ">3</pdfaid:part>" in metadata or 'pdfaid:part="3"' in metadata
        (file,) = {file.get_object()["/AFRelationship"]: file for file in reader.trailer["/Root"]["/AF"]}
        assert file == "/Alternative"
        assert reader.trailer["/Root"]["/OutputIntents"]

    def test_is_not_in_a_draft(self, at):
        quote = [billing.quote(at=at)]
        draft = operations.draft_invoice(owner_ref="web", customer=billing.customer(), quotes=quote, at=at)
        assert not PdfReader(io.BytesIO(pdf.render(draft.id))).attachments
