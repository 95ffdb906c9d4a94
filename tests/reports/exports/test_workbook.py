"""The workbook opened again, as a spreadsheet program would."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from billing.invoices.facts import SaleLineFact
from billing.money import exponent
from reports.exports import workbook
from reports.month import MonthReport, sales_totals

AT = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

FORMULAS = [
    '=HYPERLINK("http://example.org","x")', "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1",
    "=cmd|' /C calc'!A0",
    "'=1+1", " =1+1", "＝1+1", "=", "==", '="a"', "=A1", "\x00=1+1", "%0A=1", "=IMPORTXML(1)", "=1;2",
]  # fmt: skip


def sale(
    title: str = "Chaka", currency: str = "XOF", gross: int = 1500, net: int = 1271, fee: int = 15
) -> SaleLineFact:
    return SaleLineFact(
        item_ref="itm_1",
        invoice_ref="inv_1",
        invoice_number="SN-2026-000001",
        payment_ref="pay_1",
        entity="coko-sn",
        edition_ref="edn_1",
        title=title,
        product_kind="ebook",
        country="SN",
        currency=currency,
        provider="wave",
        quantity=1,
        gross_minor=gross,
        net_minor=net,
        tax_lines=(),
        fee_minor=fee,
        paid_at=datetime(2026, 10, 3, 14, 12, tzinfo=UTC),
    )


def report(*sales: SaleLineFact) -> MonthReport:
    return MonthReport(
        period="2026-10",
        since=datetime(2026, 10, 1, tzinfo=UTC),
        until=datetime(2026, 11, 1, tzinfo=UTC),
        sales=sales,
        payments=(),
        royalties=(),
        statements=(),
        trial_balance=(),
        sales_totals=sales_totals(sales, ()),
        provider_totals=(),
        payables=(),
    )


def opened(*sales: SaleLineFact) -> Workbook:
    return load_workbook(BytesIO(workbook.build(report(*sales), made_at=AT)))


@pytest.mark.usefixtures("french")
class TestBuild:
    def test_makes_a_sheet_for_each_part_of_the_month(self):
        assert opened().sheetnames == ["Résumé", "Ventes", "Paiements", "Redevances", "Dû aux auteurs", "Balance"]

    def test_writes_amounts_as_numbers_in_the_format_of_their_currency(self):
        cell = opened(sale(), sale(currency="EUR", gross=299, net=253, fee=3))["Ventes"]["G4"]
        assert (cell.value, cell.data_type, cell.number_format) == (1500, "n", '#,##0\\ "F CFA"')
        euros = opened(sale(currency="EUR", gross=299, net=253, fee=3))["Ventes"]["G4"]
        assert (Decimal(str(euros.value)), euros.number_format) == (Decimal("2.99"), '#,##0.00\\ "€"')

    def test_writes_dates_as_dates(self):
        cell = opened(sale())["Ventes"]["A4"]
        assert cell.is_date
        assert cell.value == datetime(2026, 10, 3, 14, 12)  # noqa: DTZ001  (Excel knows no time zones)

    def test_totals_each_currency_by_itself(self):
        sheet = opened(sale(), sale(gross=500, net=424, fee=5), sale(currency="EUR", gross=299, net=253, fee=3))[
            "Ventes"
        ]
        totals = {row[6].number_format: row[6].value for row in sheet.iter_rows(min_row=7) if row[0].value == "Total"}
        assert totals == {'#,##0\\ "F CFA"': 2000, '#,##0.00\\ "€"': 2.99}

    @pytest.mark.parametrize("title", FORMULAS)
    def test_keeps_text_text_whatever_it_begins_with(self, title):
        content = workbook.build(report(sale(title=title)), made_at=AT)
        assert load_workbook(BytesIO(content))["Ventes"]["C4"].data_type != "f"
        sheets = ZipFile(BytesIO(content))
        assert not any(b"<f>" in sheets.read(name) for name in sheets.namelist() if name.startswith("xl/worksheets/"))

    @given(minor=st.integers(-(10**14), 10**14), currency=st.sampled_from(["XOF", "XAF", "EUR", "USD", "TND"]))
    def test_loses_no_unit_of_any_amount(self, minor, currency):
        places = exponent(currency)
        value = opened(sale(currency=currency, gross=minor, net=minor, fee=0))["Ventes"]["G4"].value
        assert round(Decimal(str(value)) * 10**places) == minor
