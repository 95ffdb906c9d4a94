"""What an invoice's paper says."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.configuration.facts import SellerFact
from billing.invoices.document import compose, money, percent
from billing.invoices.facts import Customer, InvoiceFact, InvoiceItemFact
from billing.pricing.tax import TaxLine

SELLER = SellerFact("coko-sn", "Coko (démo)", "Dakar", "SN", {"NINEA": "démo"}, "SN", "demo")
NARROW, HARD = "\u202f", "\u00a0"


def item(title="Une si longue lettre", *, net=1271, tax=229, rate=Fraction(18, 100), reference="art. 1"):
    lines = (TaxLine("TVA", rate, tax),) if rate else ()
    return InvoiceItemFact("itm_1", "edn_1", title, "ebook", 1, net + tax, net + tax, net, lines, reference)


def invoice(*items, language="fr", country="SN", currency="XOF", paid_at=None, **fields):
    items = items or (item(),)
    net, gross = sum(one.net_minor for one in items), sum(one.gross_minor for one in items)
    return InvoiceFact(
        id="inv_1",
        number="SN-2026-000001",
        state="paid" if paid_at else "open",
        entity="coko-sn",
        owner_ref="web",
        customer=Customer("Awa Ndiaye", country, "+221771234567", None, language),
        country=country,
        currency=currency,
        items=tuple(items),
        net_minor=net,
        tax_minor=gross - net,
        gross_minor=gross,
        opened_at=datetime(2026, 11, 1, 9, 0, tzinfo=UTC),
        paid_at=paid_at,
        **fields,
    )


def compose_one(one, **fields):
    return compose(invoice=one, seller=SELLER, zone=UTC, **fields)


class TestCompose:
    def test_speaks_french_with_its_spaces(self):
        printed = compose_one(invoice())
        assert printed.gross == f"1{NARROW}500{HARD}F{NARROW}CFA"
        assert printed.in_words == "mille cinq cents francs CFA."
        assert (printed.day, printed.customer_country) == ("du 1er novembre 2026", "Sénégal")
        assert printed.taxes[0].label == f"TVA 18{NARROW}%"

    def test_speaks_english(self):
        printed = compose_one(invoice(language="en"))
        assert printed.gross == f"1,500{HARD}F{NARROW}CFA"
        assert printed.in_words == "one thousand five hundred CFA francs."
        assert (printed.day, printed.customer_country, printed.taxes[0].label) == (
            "1 November 2026",
            "Senegal",
            "TVA 18%",
        )

    def test_speaks_wolof_with_amounts_as_the_country_writes_them(self):
        printed = compose_one(invoice(language="wo"))
        assert (printed.title, printed.gross, printed.direction) == (
            "Faktiir",
            f"1{NARROW}500{HARD}F{NARROW}CFA",
            "ltr",
        )

    def test_speaks_arabic_from_right_to_left_with_amounts_that_keep_their_order(self):
        printed = compose_one(invoice(language="ar"))
        assert (printed.title, printed.direction) == ("فاتورة", "rtl")
        assert printed.gross == f"\u20661{NARROW}500{HARD}F{NARROW}CFA\u2069"
        assert printed.day == "بتاريخ 1 نوفمبر 2026"

    def test_speaks_french_to_whoever_speaks_none_of_these(self):
        assert compose_one(invoice(language="pt")).language == "fr"

    def test_shows_where_to_pay_while_it_is_unpaid_and_the_receipt_after(self):
        urls = {"pay_url": "https://pay", "receipt_url": "https://receipt"}
        paid = invoice(paid_at=datetime(2026, 11, 3, tzinfo=UTC))
        assert compose_one(invoice(), **urls).code_url == "https://pay"
        assert compose_one(paid, **urls).code_url == "https://receipt"
        assert compose_one(replace(invoice(), state="void"), **urls).code_url == ""

    def test_says_what_a_coupon_took_off(self):
        cheaper = replace(item(net=1017, tax=183), unit_minor=1500, discount_minor=300)
        printed = compose_one(replace(invoice(cheaper), discount_minor=300, coupon_code="RENTREE"))
        assert printed.list_price == money(1500, "XOF", "fr")
        assert printed.discount == f"−300{HARD}F{NARROW}CFA"
        assert printed.lines[0].discount == f"dont remise RENTREE : 300{HARD}F{NARROW}CFA"

    def test_says_what_is_left_of_an_invoice_paid_in_part(self):
        printed = compose_one(replace(invoice(), state="partly_paid", received_minor=500))
        assert money(1000, "XOF", "fr") in printed.state_line

    @pytest.mark.parametrize(("country", "hour"), [("SN", "14:12"), ("CM", "15:12"), ("US", "14:12")])
    def test_tells_the_time_of_the_customer(self, country, hour):
        paid = invoice(country=country, paid_at=datetime(2026, 11, 3, 14, 12, tzinfo=UTC), provider="wave")
        printed = compose_one(paid)
        assert printed.state_line.startswith(f"Payée le 3 nov. 2026 à {hour} par Wave")

    def test_sums_taxes_by_rate_and_ground(self):
        printed = compose_one(
            invoice(item(), item(), item(net=100, tax=10, rate=Fraction(1, 10)), item(net=50, tax=0, rate=Fraction(0)))
        )
        assert [(tax.label.replace(NARROW, " "), tax.base) for tax in printed.taxes] == [
            ("TVA 18 %", money(2542, "XOF", "fr")),
            ("TVA 10 %", money(100, "XOF", "fr")),
            ("Exonéré", money(50, "XOF", "fr")),
        ]
        assert printed.lines[3].rates == "—"

    def test_prefers_the_wallet_s_own_reference(self):
        paid = invoice(paid_at=datetime(2026, 11, 3, tzinfo=UTC), payment_ref="pay_1", transaction_ref="T_1")
        assert compose_one(paid).state_line.endswith("réf. T_1")
        assert compose_one(replace(paid, transaction_ref=None)).state_line.endswith("réf. pay_1")

    def test_shortens_what_would_fill_the_page(self):
        assert len(compose_one(invoice(item("x" * 50_000))).lines[0].title) == 240

    def test_says_demo_only_for_a_demo(self):
        assert compose_one(invoice()).demo
        assert not compose(invoice=invoice(), seller=replace(SELLER, confidence="high"), zone=UTC).demo


class TestMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "language", "text"),
        [
            (0, "XOF", "fr", f"0{HARD}F{NARROW}CFA"),
            (1250, "EUR", "fr", f"12,50{HARD}€"),
            (1250, "EUR", "en", "€12.50"),
            (123456789, "XAF", "fr", f"123{NARROW}456{NARROW}789{HARD}FCFA"),
            (123456789, "XAF", "en", f"123,456,789{HARD}FCFA"),
            (9_007_199_254_740_993, "XOF", "en", f"9,007,199,254,740,993{HARD}F{NARROW}CFA"),
        ],
    )
    def test_writes_amounts_as_people_read_them(self, minor, currency, language, text):
        assert money(minor, currency, language) == text


class TestPercent:
    @pytest.mark.parametrize(
        ("rate", "text"), [("18/100", "18 %"), ("175/10000", "1,75 %"), ("0", "0 %"), ("55/1000", "5,5 %")]
    )
    def test_keeps_the_decimals_that_matter(self, rate, text):
        assert percent(Fraction(rate), "fr").replace(NARROW, " ") == text
