"""The month as an Excel workbook: real numbers in their currency's format, text that can never become a formula.

Written as a stream (openpyxl's write-only mode), so memory does not grow with the month.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from reports.exports import sheets
from reports.month import MonthReport
from reports.table import Amount


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of the workbook. A row's values are text, `int`, `datetime` or `Amount`."""

    title: str
    heading: str
    columns: Sequence[tuple[str, int]]  # name, width in characters
    rows: Iterable[Sequence[Any]]
    totals: Sequence[Sequence[Any]] = ()


def build(report: MonthReport, *, made_at: datetime) -> bytes:
    """The workbook's bytes: summary, sales, payments, royalties, payables, trial balance."""
    book = Workbook(write_only=True)
    book.properties.title = f"Coko {report.period}"
    book.properties.creator = "Coko"
    for sheet in _sheets(report, made_at):
        _write(book.create_sheet(sheet.title), sheet)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheets(report: MonthReport, made_at: datetime) -> tuple[Sheet, ...]:
    return (
        _summary(report, made_at),
        _sales(report),
        _payments(report),
        _royalties(report),
        _payables(report),
        _trial_balance(report),
    )


def _summary(report: MonthReport, made_at: datetime) -> Sheet:
    columns = [
        (_("Devise"), 10), (_("Ventes"), 10), (_("Encaissé TTC"), 18), (_("Taxes"), 16), (_("Net HT"), 18),
        (_("Frais de paiement"), 18), (_("Redevances"), 16), (_("Reste à la maison"), 18),
    ]  # fmt: skip
    rows = [
        (
            total.currency,
            total.count,
            *(
                Amount(minor, total.currency)
                for minor in (
                    total.gross_minor,
                    total.tax_minor,
                    total.net_minor,
                    total.fee_minor,
                    total.royalty_minor,
                    total.margin_minor,
                )
            ),
        )
        for total in report.sales_totals
    ]
    heading = _("Coko, mois %(period)s, établi le %(date)s (UTC)") % {
        "period": report.period,
        "date": made_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
    }
    return Sheet(_("Résumé"), heading, columns, rows)


def _sales(report: MonthReport) -> Sheet:
    columns = [
        (_("Payée le"), 17), (_("Facture"), 18), (_("Titre"), 42), (_("Pays"), 7), (_("Quantité"), 9), (_("Moyen"), 10),
        (_("TTC"), 14), (_("Taxes"), 12), (_("HT"), 14), (_("Frais"), 12), (_("Paiement"), 32), (_("Entité"), 12),
    ]  # fmt: skip
    rows = (
        (
            sale.paid_at,
            sale.invoice_number,
            sale.title,
            sale.country,
            sale.quantity,
            sale.provider,
            Amount(sale.gross_minor, sale.currency),
            Amount(sale.gross_minor - sale.net_minor, sale.currency),
            Amount(sale.net_minor, sale.currency),
            Amount(sale.fee_minor, sale.currency),
            sale.payment_ref,
            sale.entity,
        )
        for sale in report.sales
    )
    totals = [
        (
            _("Total"), "", "", "", total.count, "", Amount(total.gross_minor, total.currency),
            Amount(total.tax_minor, total.currency), Amount(total.net_minor, total.currency),
            Amount(total.fee_minor, total.currency), "", "",
        )
        for total in report.sales_totals
        if total.count
    ]  # fmt: skip
    return Sheet(_("Ventes"), _("Ventes payées du mois, une ligne par article"), columns, rows, totals)


def _payments(report: MonthReport) -> Sheet:
    columns = [
        (_("Réglé le"), 17), (_("Paiement"), 32), (_("Moyen"), 10), (_("Marché"), 8), (_("État"), 14),
        (_("Montant"), 16), (_("Frais"), 12), (_("Référence du fournisseur"), 24), (_("Transaction"), 22),
        (_("Remarques"), 28),
    ]  # fmt: skip
    rows = (
        (
            payment.settled_at or payment.started_at,
            payment.id,
            payment.provider,
            payment.market,
            payment.state,
            Amount(payment.amount_minor, payment.currency),
            Amount(payment.fee_minor, payment.currency) if payment.state == "succeeded" else "",
            payment.provider_ref or "",
            payment.transaction_ref or "",
            ", ".join((*payment.flags, *([payment.failure_reason] if payment.failure_reason else []))),
        )
        for payment in report.payments
    )
    return Sheet(_("Paiements"), _("Tentatives de paiement terminées dans le mois"), columns, rows)


def _royalties(report: MonthReport) -> Sheet:
    columns = [
        (_("Date de la vente"), 17), (_("Bénéficiaire"), 28), (_("Titre"), 42), (_("Facture"), 18), (_("Quantité"), 9),
        (_("Assiette"), 14), (_("Redevance"), 14), (_("Ligne"), 32),
    ]  # fmt: skip
    rows = (
        (
            line.happened_at,
            line.payee_name,
            line.title,
            line.invoice_number,
            line.quantity,
            Amount(line.base_minor, line.currency),
            Amount(line.amount_minor, line.currency),
            line.id,
        )
        for line in report.royalties
    )
    totals = [
        (_("Total"), "", "", "", "", "", Amount(total.royalty_minor, total.currency), "")
        for total in report.sales_totals
        if total.royalty_minor
    ]
    return Sheet(_("Redevances"), _("Redevances nées des ventes du mois"), columns, rows, totals)


def _payables(report: MonthReport) -> Sheet:
    columns = [
        (_("Bénéficiaire"), 32),
        (_("Relevés émis (4011)"), 20),
        (_("Non encore relevé (4081)"), 24),
        (_("Dû"), 18),
    ]
    rows = (
        (
            payable.payee_name,
            Amount(payable.stated_minor, payable.currency),
            Amount(payable.unstated_minor, payable.currency),
            Amount(payable.owed_minor, payable.currency),
        )
        for payable in report.payables
    )
    return Sheet(_("Dû aux auteurs"), _("Ce qui est dû aux auteurs à la fin du mois"), columns, rows)


def _trial_balance(report: MonthReport) -> Sheet:
    columns = [
        (_("Entité"), 12), (_("Compte"), 9), (_("Libellé"), 44), (_("Détail"), 32), (_("Devise"), 8),
        (_("Ouverture"), 18), (_("Débit"), 18), (_("Crédit"), 18), (_("Clôture"), 18),
    ]  # fmt: skip
    rows = []
    sums: dict[str, list[int]] = {}
    for balance in report.trial_balance:
        account = balance.account
        amounts = (balance.opening_minor, balance.debit_minor, balance.credit_minor, balance.closing_minor)
        rows.append(
            (
                account.entity,
                account.code,
                balance.label,
                account.holder,
                account.currency,
                *(Amount(minor, account.currency) for minor in amounts),
            )
        )
        sums[account.currency] = [a + b for a, b in zip(sums.get(account.currency, [0] * 4), amounts, strict=True)]
    totals = [
        (_("Total"), "", "", "", currency, *(Amount(minor, currency) for minor in values))
        for currency, values in sorted(sums.items())
    ]
    heading = _("Balance générale : débits positifs, crédits négatifs dans l’ouverture et la clôture")
    return Sheet(_("Balance"), heading, columns, rows, totals)


def _write(worksheet: sheets.Worksheet, sheet: Sheet) -> None:
    for index, (_name, width) in enumerate(sheet.columns, start=1):
        worksheet.column_dimensions[get_column_letter(index)].width = width
    worksheet.freeze_panes = "A4"
    worksheet.append([sheets.title(worksheet, sheet.heading)])
    worksheet.append([])
    worksheet.append([sheets.head(worksheet, name) for name, _width in sheet.columns])
    count = 0
    for row in sheet.rows:
        worksheet.append([sheets.cell(worksheet, value) for value in row])
        count += 1
    worksheet.auto_filter.ref = f"A3:{get_column_letter(len(sheet.columns))}{3 + count}"
    if sheet.totals:
        worksheet.append([])
    for total in sheet.totals:
        worksheet.append([sheets.totalled(sheets.cell(worksheet, value)) for value in total])
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.fitToHeight = 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.print_title_rows = "3:3"
