"""The finance pages: the months, one month, and its downloads."""

from itertools import islice

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from billing.ledger import queries as ledger
from billing.ledger.facts import Difference
from reports.exports import summary_pdf, workbook
from reports.month import MonthReport, by_code, first_month, gather
from reports.web.access import finance_only
from royalties import periods

_MONTHS_SHOWN = 25
_DIFFERENCES_SHOWN = 5
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@finance_only
def home(request: HttpRequest) -> HttpResponse:
    """The current month in short, and the months that can be downloaded."""
    months = _months()
    context = {"report": gather(months[0]), "months": months, "differences": _differences()}
    return render(request, "reports_web/home.html", context)


@finance_only
def month(request: HttpRequest, period: str) -> HttpResponse:
    """One month: totals, wallets, what authors are owed, the trial balance."""
    report = _report(period)
    accounts = by_code(report.trial_balance)
    finished = report.until <= timezone.now()
    return render(request, "reports_web/month.html", {"report": report, "accounts": accounts, "finished": finished})


@finance_only
def month_workbook(request: HttpRequest, period: str) -> HttpResponse:
    """The month as an Excel workbook."""
    content = workbook.build(_report(period), made_at=timezone.now())
    return _download(content, _XLSX, f"coko-{period}.xlsx")


@finance_only
def month_pdf(request: HttpRequest, period: str) -> HttpResponse:
    """The month's summary as PDF."""
    differences = _differences()
    agrees = None if differences is None else not differences
    content = summary_pdf.build(_report(period), made_at=timezone.now(), ledger_agrees=agrees)
    return _download(content, "application/pdf", f"coko-{period}.pdf")


def _differences() -> list[Difference] | None:
    """The first few things the ledger does not agree on; None when checking it takes longer than a page may.

    A large ledger is checked by `manage.py ledger_verify`, which has the time.
    """
    try:
        return list(islice(ledger.differences(patient=False), _DIFFERENCES_SHOWN))
    except OperationalError:
        return None


def _months() -> list[str]:
    """The latest months first, back to the first sale; always the current one."""
    current = periods.of(timezone.now())
    first = first_month() or current
    return [period for period in reversed(periods.last(_MONTHS_SHOWN, until=current)) if period >= first]


def _report(period: str) -> MonthReport:
    try:
        since, _until = periods.bounds(period)
    except periods.MalformedPeriod:
        raise Http404 from None
    if since > timezone.now():
        raise Http404
    return gather(period)


def _download(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
