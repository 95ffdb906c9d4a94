"""Sales worked out by hand, as a bookkeeper would check them: price, discount, net, each tax, and what is given back.

Net = price / (1 + all rates), rounded half-up to the franc; tax = price − net; composite taxes share it by rate.
"""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import pytest

from billing.invoices import operations, queries
from billing.invoices.facts import InvoiceFact
from billing.money import parse
from billing.pricing import operations as pricing
from billing.pricing import queries as quotes
from billing.pricing.operations import set_price
from billing.refunds.sharing import share
from tests.factories import billing

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Sale:
    """One row of the table; amounts in the currency's smallest unit."""

    country: str
    currency: str
    price: str
    quantity: int
    off: str  # "20 %", "500 XOF" or nothing
    gross: int
    net: int
    taxes: dict[str, int]


# fmt: off
SALES = {
    #                                      country currency price  pieces off       gross    net     taxes
    # 1 500 / 1.18 = 1 271.19
    "Senegal, 18 %":                Sale("SN", "XOF", "1500",   1, "",         1500,   1271,  {"TVA": 229}),
    # 5 000 / 1.1925 = 4 192.87; tax 807 in 17.5 : 1.75 = 733.64 : 73.36
    "Cameroon, 17.5 % and 1.75 %":  Sale("CM", "XAF", "5000",   1, "",         5000,   4193,  {"TVA": 734, "CAC": 73}),
    # 5 000 / 1.19 = 4 201.68; tax 798 in 18 : 1 = 756 : 42
    "Gabon, 18 % and 1 %":          Sale("GA", "XAF", "5000",   1, "",         5000,   4202,  {"TVA": 756, "CSS": 42}),
    # 1 500 less a fifth = 1 200; / 1.18 = 1 016.95
    "Senegal, a coupon of 20 %":    Sale("SN", "XOF", "1500",   1, "20 %",     1200,   1017,  {"TVA": 183}),
    # 3 × 1 500 = 4 500 less 500 = 4 000; / 1.18 = 3 389.83
    "Senegal, a coupon of 500":     Sale("SN", "XOF", "1500",   3, "500 XOF",  4000,   3390,  {"TVA": 610}),
    # 5 000 less an eighth (625) = 4 375; / 1.1925 = 3 668.76; 706 in 10 : 1 = 641.82 : 64.18
    "Cameroon, a coupon of 12.5 %":   Sale("CM", "XAF", "5000",   1, "12.5 %",  4375,   3669,  {"TVA": 642, "CAC": 64}),
    # 4.99 / 1.055 = 4.7299
    "France, books at 5.5 %":       Sale("FR", "EUR", "4.99",   1, "",          499,    473,  {"TVA": 26}),
}
# What is given back of Senegal's 1 500 = 1 271 + 229, in parts: net of all so far, rounded, less what was before.
#   after 500:   1 271 × 500 / 1 500  = 423.67 → 424, tax 76
#   after 700:   1 271 × 700 / 1 500  = 593.13 → 593, so 169, tax 31
#   after 1 500: 1 271, so 678, tax 122
CREDIT_NOTES = [(500, 424, 76), (200, 169, 31), (800, 678, 122)]
# A fifth off the first two months of a plan at 1 500 a month, then the price again.
MONTHS = [(1, 300, 1200, 1017), (2, 300, 1200, 1017), (3, 0, 1500, 1271)]
# fmt: on


def sold(sale: Sale, at) -> InvoiceFact:
    set_price(
        edition_ref=billing.EDITION,
        country=sale.country,
        currency=sale.currency,
        amount=parse(sale.price, sale.currency),
        at=at,
    )
    if sale.off:
        number, kind = sale.off.split()
        terms = {"rate": Fraction(number) / 100} if kind == "%" else {"amount": parse(number, kind)}
        pricing.add_coupon(code="EXEMPLE", owner_ref="web", by="x", at=at, **terms)
    quote = quotes.quote(
        edition_ref=billing.EDITION,
        country=sale.country,
        currency=sale.currency,
        quantity=sale.quantity,
        coupon_code="EXEMPLE" if sale.off else "",
        owner_ref="web",
        at=at,
    )
    return billing.open_invoice(at=at, country=sale.country, quotes=[quote])


@pytest.fixture(autouse=True)
def _world(at) -> None:
    billing.reference_world(at=at - timedelta(hours=1))


class TestSales:
    @pytest.mark.parametrize("name", SALES)
    def test_come_to_what_the_bookkeeper_gets(self, at, name):
        sale = SALES[name]
        invoice = sold(sale, at)
        (item,) = invoice.items
        assert (invoice.gross_minor, invoice.net_minor) == (sale.gross, sale.net)
        assert {tax.code: tax.amount_minor for tax in item.tax_lines} == sale.taxes
        assert sale.net + sum(sale.taxes.values()) == sale.gross


class TestCreditNotes:
    def test_after_partial_refunds_take_back_net_and_tax_to_the_franc(self, at):
        paid = billing.paid_invoice(at=at, payment_ref="pay_1")
        before = 0
        for number, (amount, net, tax) in enumerate(CREDIT_NOTES):
            taken = share(gross_minor=1500, net_minor=1271, refunded_minor=before, amount_minor=amount)
            note = operations.credit(
                invoice_ref=paid.id,
                source_ref=f"ref_{number}",
                net_minor=taken.net_minor,
                tax_minor=taken.tax_minor,
                reason="exemple",
                at=at,
            )
            assert (note.gross_minor, note.net_minor, note.tax_minor) == (amount, net, tax)
            before += amount
        notes = queries.credit_notes_of(paid.id)
        assert sum(note.net_minor for note in notes) == 1271
        assert sum(note.tax_minor for note in notes) == 229


class TestACouponAcrossPeriods:
    def test_counts_for_the_first_two_and_no_more(self, at):
        pricing.add_coupon(code="DEUX", owner_ref="web", by="x", at=at, rate=Fraction(1, 5), period_count=2)
        line = quotes.line(edition_ref=billing.EDITION, country="SN", at=at)
        for number, discount, gross, net in MONTHS:
            code = "DEUX" if number <= 2 else ""
            asked = {"lines": [line], "country": "SN", "at": at, "owner_ref": "web", "period_number": number}
            (quote,) = quotes.quote_lines(coupon_code=code, **asked)
            assert (quote.discount_minor, quote.gross_minor, quote.net_minor) == (discount, gross, net)
        with pytest.raises(pricing.CouponRefused, match="periods_over"):
            quotes.quote_lines(coupon_code="DEUX", **{**asked, "period_number": 3})
