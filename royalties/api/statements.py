"""`/statements/`: what the caller was told each month, as data and as a file."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import ids
from billing.api.schema import problems
from billing.api.shapes import Amount, PageAsked, PageTold, Told, page
from royalties.api.access import hide_unless_readable, reader
from royalties.api.lines import LineTold
from royalties.payees import queries as payees
from royalties.statements import pdf
from royalties.statements import queries as statements
from royalties.statements.facts import StatementFact


class StatementTold(Told):
    """The head of a statement: `closing = opening + earned − paid`."""

    id = serializers.CharField(help_text="`stm_…`")
    number = serializers.CharField()
    version = serializers.IntegerField()
    period = serializers.CharField(help_text="`2026-10`")
    payee = serializers.CharField(source="payee_ref")
    payee_name = serializers.CharField()
    opening = Amount(source="opening_minor")
    earned = Amount(source="earned_minor")
    paid = Amount(source="paid_minor")
    closing = Amount(source="closing_minor")
    issued_at = serializers.DateTimeField()
    sha256 = serializers.CharField()


class BookTold(Told):
    """The month of one edition."""

    edition = serializers.CharField(source="edition_ref")
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    gross = Amount(source="gross_minor")
    base = Amount(source="base_minor")
    royalty = Amount(source="amount_minor")


class CheckTold(serializers.Serializer[Any]):
    """One check of the statement's own audit."""

    rule = serializers.CharField()
    holds = serializers.BooleanField()
    detail = serializers.CharField(allow_blank=True)


class WholeStatementTold(StatementTold):
    """The statement with its books, its lines and its audit."""

    books = BookTold(many=True)
    lines = LineTold(many=True)
    audit = CheckTold(many=True)


class StatementListView(APIView):
    """The caller's own statements, newest first."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="statements_list",
        parameters=[PageAsked],
        responses={200: PageTold.of_results("StatementsPage", StatementTold), **problems(400, 401)},
    )
    def get(self, request: Request) -> Response:
        asked = PageAsked.parse(request.query_params)
        own = payees.payee_of_user(reader(request).pk)
        issued = statements.statements_of(own.id) if own else ()
        start = next((place for place, each in enumerate(issued, start=1) if each.id == asked["after"]), 0)
        shown = issued[start : start + asked["limit"]]
        following = shown[-1].id if start + len(shown) < len(issued) else None
        return Response(page(request, [StatementTold.of(each) for each in shown], following))


class StatementView(APIView):
    """One statement, whole."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="statements_read", responses={200: WholeStatementTold, **problems(401, 404)})
    def get(self, request: Request, statement_ref: str) -> Response:
        return Response(WholeStatementTold.of(_readable(request, statement_ref)))


class StatementPdfView(APIView):
    """The statement as the payee's document."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="statements_pdf",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY), **problems(401, 404)},
    )
    def get(self, request: Request, statement_ref: str) -> HttpResponse:
        fact = _readable(request, statement_ref)
        headers = {"Content-Disposition": f'inline; filename="{fact.number}.pdf"', "Cache-Control": "no-store"}
        return HttpResponse(pdf.render(fact.id), content_type="application/pdf", headers=headers)


def _readable(request: Request, statement_ref: str) -> StatementFact:
    if not ids.looks_like(statement_ref, "stm"):
        raise Http404
    try:
        fact = statements.statement(statement_ref)
    except statements.NoSuchStatement as missing:
        raise Http404 from missing
    hide_unless_readable(request, payee_ref=fact.payee_ref)
    return fact
