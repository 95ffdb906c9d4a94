"""The invoice as a program reads it: Cross Industry Invoice (CII D22B), profile EN 16931, as Factur-X embeds it. Pure.

EN 16931 knows one VAT rate a line, so composite taxes are told as their sum (Cameroon: 19.25 %); the paper splits them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from billing.configuration.facts import SellerFact
from billing.invoices.facts import CreditNoteFact, CreditNoteItemFact, InvoiceFact, InvoiceItemFact
from billing.money import plain, round_half_up

FILE_NAME = "factur-x.xml"
_PROFILE = "urn:cen.eu:en16931:2017"
_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
for _prefix, _uri in (("rsm", _RSM), ("ram", _RAM), ("udt", _UDT), ("qdt", _QDT)):
    register_namespace(_prefix, _uri)

_INVOICE, _CREDIT_NOTE = "380", "381"  # UNTDID 1001
_STANDARD, _EXEMPT = "S", "E"  # UNTDID 5305
_PIECE = "C62"  # UN/ECE recommendation 20
_UNIT_DECIMALS = 6

Item = InvoiceItemFact | CreditNoteItemFact

_PROPERTIES = "".join(
    f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
    f"<pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"
    for name, description in (
        ("DocumentFileName", "name of the embedded XML invoice file"),
        ("DocumentType", "INVOICE"),
        ("Version", "version of the Factur-X XML schema"),
        ("ConformanceLevel", "conformance level of the embedded Factur-X data"),
    )
)

# What tells readers of the PDF that it is Factur-X (Factur-X 1.0, chapter 6.3).
XMP = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" rdf:about="">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"
 rdf:about=""><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>{_PROPERTIES}</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


@dataclass(frozen=True, slots=True)
class _Line:
    title: str
    quantity: int
    net_minor: int
    tax_minor: int
    rate: Fraction
    reference: str


def of_invoice(invoice: InvoiceFact, *, seller: SellerFact, issued_on: date) -> bytes:
    """The XML of an issued invoice."""
    lines = [_line(item, item.quantity) for item in invoice.items]
    root, settlement = _paper(invoice, lines, seller, type_code=_INVOICE, issued_on=issued_on)
    received = invoice.gross_minor if invoice.state == "paid" else invoice.received_minor
    _summation(settlement, invoice, received)
    return _written(root)


def of_credit_note(note: CreditNoteFact, *, seller: SellerFact, issued_on: date, invoice_issued_on: date) -> bytes:
    """The XML of a credit note, which cites its invoice."""
    lines = [_line(item, 1) for item in note.items]
    root, settlement = _paper(note, lines, seller, type_code=_CREDIT_NOTE, issued_on=issued_on)
    _summation(settlement, note, note.gross_minor)
    cited = _ram(settlement, "InvoiceReferencedDocument")
    _ram(cited, "IssuerAssignedID", note.invoice_number)
    moment = SubElement(_ram(cited, "FormattedIssueDateTime"), f"{{{_QDT}}}DateTimeString", format="102")
    moment.text = f"{invoice_issued_on:%Y%m%d}"
    return _written(root)


def _line(item: Item, quantity: int) -> _Line:
    rate = sum((tax.rate for tax in item.tax_lines), Fraction(0))
    tax = sum(tax.amount_minor for tax in item.tax_lines)
    return _Line(item.title, quantity, item.net_minor, tax, rate, item.tax_mention or item.tax_reference)


def _paper(
    paper: InvoiceFact | CreditNoteFact, lines: Sequence[_Line], seller: SellerFact, *, type_code: str, issued_on: date
) -> tuple[Element, Element]:
    root = Element(f"{{{_RSM}}}CrossIndustryInvoice")
    context = SubElement(root, f"{{{_RSM}}}ExchangedDocumentContext")
    _ram(_ram(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", _PROFILE)
    head = SubElement(root, f"{{{_RSM}}}ExchangedDocument")
    _ram(head, "ID", paper.number)
    _ram(head, "TypeCode", type_code)
    _date(_ram(head, "IssueDateTime"), issued_on)
    deal = SubElement(root, f"{{{_RSM}}}SupplyChainTradeTransaction")
    for place, line in enumerate(lines, start=1):
        _trade_line(deal, place, line, paper.currency)
    agreement = _ram(deal, "ApplicableHeaderTradeAgreement")
    _seller(agreement, seller)
    buyer = _ram(agreement, "BuyerTradeParty")
    _ram(buyer, "Name", paper.customer.name)
    _ram(_ram(buyer, "PostalTradeAddress"), "CountryID", paper.customer.country)
    _ram(deal, "ApplicableHeaderTradeDelivery")
    settlement = _ram(deal, "ApplicableHeaderTradeSettlement")
    _ram(settlement, "InvoiceCurrencyCode", paper.currency)
    _taxes(settlement, lines, paper.currency)
    if type_code == _INVOICE:
        _ram(_ram(settlement, "SpecifiedTradePaymentTerms"), "Description", "À réception")
    return root, settlement


def _trade_line(deal: Element, place: int, line: _Line, currency: str) -> None:
    item = _ram(deal, "IncludedSupplyChainTradeLineItem")
    _ram(_ram(item, "AssociatedDocumentLineDocument"), "LineID", str(place))
    _ram(_ram(item, "SpecifiedTradeProduct"), "Name", line.title)
    price = _ram(_ram(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _ram(price, "ChargeAmount", _unit_price(line, currency))
    quantity = _ram(_ram(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", str(line.quantity))
    quantity.set("unitCode", _PIECE)
    settlement = _ram(item, "SpecifiedLineTradeSettlement")
    tax = _ram(settlement, "ApplicableTradeTax")
    _ram(tax, "TypeCode", "VAT")
    _ram(tax, "CategoryCode", _category(line))
    _ram(tax, "RateApplicablePercent", _percent(line.rate))
    total = _ram(settlement, "SpecifiedTradeSettlementLineMonetarySummation")
    _ram(total, "LineTotalAmount", plain(line.net_minor, currency))


def _seller(agreement: Element, seller: SellerFact) -> None:
    party = _ram(agreement, "SellerTradeParty")
    _ram(party, "Name", seller.name)
    address = _ram(party, "PostalTradeAddress")
    _ram(address, "LineOne", seller.address)
    _ram(address, "CountryID", seller.country)
    # The first mention is the tax number of the country: NINEA, NCC, IFU, NIU …
    for tax_number in list(seller.legal_mentions.values())[:1]:
        _ram(_ram(party, "SpecifiedTaxRegistration"), "ID", tax_number).set("schemeID", "FC")


def _taxes(settlement: Element, lines: Sequence[_Line], currency: str) -> None:
    together: dict[tuple[Fraction, str], tuple[int, int]] = {}
    for line in lines:
        net, tax = together.get((line.rate, line.reference), (0, 0))
        together[line.rate, line.reference] = (net + line.net_minor, tax + line.tax_minor)
    for (rate, reference), (net, amount) in together.items():
        trade_tax = _ram(settlement, "ApplicableTradeTax")
        _ram(trade_tax, "CalculatedAmount", plain(amount, currency))
        _ram(trade_tax, "TypeCode", "VAT")
        if not rate:
            _ram(trade_tax, "ExemptionReason", reference)
        _ram(trade_tax, "BasisAmount", plain(net, currency))
        _ram(trade_tax, "CategoryCode", _STANDARD if rate else _EXEMPT)
        _ram(trade_tax, "RateApplicablePercent", _percent(rate))


def _summation(settlement: Element, paper: InvoiceFact | CreditNoteFact, received_minor: int) -> None:
    total = _ram(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    currency = paper.currency
    _ram(total, "LineTotalAmount", plain(paper.net_minor, currency))
    _ram(total, "TaxBasisTotalAmount", plain(paper.net_minor, currency))
    _ram(total, "TaxTotalAmount", plain(paper.tax_minor, currency)).set("currencyID", currency)
    _ram(total, "GrandTotalAmount", plain(paper.gross_minor, currency))
    _ram(total, "TotalPrepaidAmount", plain(received_minor, currency))
    _ram(total, "DuePayableAmount", plain(paper.gross_minor - received_minor, currency))


def _category(line: _Line) -> str:
    return _STANDARD if line.rate else _EXEMPT


def _unit_price(line: _Line, currency: str) -> str:
    """The net price of one piece, which rarely ends: six decimals of the currency's unit."""
    scaled = round_half_up(Fraction(line.net_minor * 10**_UNIT_DECIMALS, line.quantity))
    cents = len(plain(0, currency).partition(".")[2])
    whole, rest = divmod(scaled, 10 ** (_UNIT_DECIMALS + cents))
    text = f"{whole}.{rest:0{_UNIT_DECIMALS + cents}}".rstrip("0")
    return text.rstrip(".")


def _percent(rate: Fraction) -> str:
    hundredths = round_half_up(rate * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _date(parent: Element, day: date) -> None:
    SubElement(parent, f"{{{_UDT}}}DateTimeString", format="102").text = f"{day:%Y%m%d}"


def _ram(parent: Element, name: str, text: str = "") -> Element:
    child = SubElement(parent, f"{{{_RAM}}}{name}")
    child.text = text or None
    return child


def _written(root: Element) -> bytes:
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))
