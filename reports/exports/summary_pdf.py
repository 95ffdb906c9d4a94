"""The month on two pages of paper: the summary that goes with the workbook."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports.month import MonthReport, by_code


def build(report: MonthReport, *, made_at: datetime, ledger_agrees: bool | None) -> bytes:
    """The PDF's bytes in the active language. `ledger_agrees` is None when the ledger was not checked."""
    context = {
        "report": report,
        "made_at": made_at,
        "ledger_agrees": ledger_agrees,
        "accounts": by_code(report.trial_balance),
    }
    html = render_to_string("reports_web/month_pdf.html", context)
    title = _("Coko, mois %(period)s") % {"period": report.period}
    from billing import paper  # takes a second to import: only who prints pays for it

    return paper.from_html(html, title=title, language=get_language() or "fr")
