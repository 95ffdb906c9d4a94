"""The author portal's pages: request → one query → page."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing import ids
from royalties import explain
from royalties.payees import access
from royalties.payees import queries as payees
from royalties.runs import queries as runs
from royalties.runs.facts import RoyaltyLineFact
from royalties.statements import pdf
from royalties.statements import queries as statements
from royalties.statements.facts import StatementFact
from royalties.web import overview, wording


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What the author earned: last month, this month, the year, and every statement."""
    payee = payees.payee_of_user(_reader(request).pk)
    if payee is None:
        return render(request, "royalties_web/no_payee.html")
    return render(request, "royalties_web/home.html", overview.of(payee, at=timezone.now()))


@require_safe
@login_required
def statement(request: HttpRequest, statement_ref: str) -> HttpResponse:
    """One statement, every line opening to its arithmetic."""
    fact = _statement(request, statement_ref)
    own = payees.payee_of_user(_reader(request).pk)
    context = {
        "statement": fact,
        "month": pdf.month_of(fact.period),
        "is_own": own is not None and own.id == fact.payee_ref,
    }
    return render(request, "royalties_web/statement.html", context)


@require_safe
@login_required
def statement_pdf(request: HttpRequest, statement_ref: str) -> HttpResponse:
    """The statement as a file."""
    fact = _statement(request, statement_ref)
    response = HttpResponse(pdf.render(fact.id), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{fact.number}.pdf"'
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@login_required
def line(request: HttpRequest, line_ref: str) -> HttpResponse:
    """How one amount came about: the sale, the clause, the arithmetic, and the check that it gives the amount."""
    fact = _line(request, line_ref)
    rows = explain.steps(fact.inputs)
    context = {
        "line": fact,
        "inputs": fact.inputs,
        "currency": fact.currency,
        "steps": rows,
        "exact_text": wording.exact_amount(rows, fact.currency),
        "rate_text": wording.exact_rate(explain.recompute(fact.inputs).rate),
        "contract": wording.contract(fact.inputs),
        "recomputed_minor": explain.amount(fact.inputs),
    }
    return render(request, "royalties_web/line.html", context)


def _reader(request: HttpRequest) -> access.Reader:
    return cast(access.Reader, request.user)


def _statement(request: HttpRequest, statement_ref: str) -> StatementFact:
    if not ids.looks_like(statement_ref, "stm"):
        raise Http404
    try:
        fact = statements.statement(statement_ref)
    except statements.NoSuchStatement as missing:
        raise Http404 from missing
    if not access.may_read(_reader(request), payee_ref=fact.payee_ref):
        raise Http404  # not 403: whether somebody else has a statement is their own business
    return fact


def _line(request: HttpRequest, line_ref: str) -> RoyaltyLineFact:
    if not ids.looks_like(line_ref, "roy"):
        raise Http404
    try:
        fact = runs.line(line_ref)
    except runs.NoSuchLine as missing:
        raise Http404 from missing
    if not access.may_read(_reader(request), payee_ref=fact.payee_ref):
        raise Http404
    return fact
