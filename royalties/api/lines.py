"""`/royalty-lines/<id>/`: one amount and everything it recomputes from."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import ids
from billing.api.schema import problems
from billing.api.shapes import Amount, Told, amount
from royalties import explain
from royalties.api.access import hide_unless_readable
from royalties.runs import queries as runs
from royalties.runs.facts import RoyaltyLineFact

_NOT_FOR_AUTHORS = frozenset({"payment", "invoice", "item"})


class LineTold(Told):
    """One line as a statement lists it."""

    id = serializers.CharField(help_text="`roy_…`")
    kind = serializers.CharField()
    title = serializers.CharField()
    edition = serializers.CharField(source="edition_ref")
    invoice_number = serializers.CharField()
    quantity = serializers.IntegerField()
    gross = Amount(source="gross_minor")
    base = Amount(source="base_minor")
    royalty = Amount(source="amount_minor")
    sold_at = serializers.DateTimeField(source="happened_at")
    late = serializers.BooleanField(source="is_late", help_text="The sale's own month was closed before it was known.")


class StepTold(serializers.Serializer[Any]):
    """One row of the arithmetic."""

    kind = serializers.CharField(help_text="gross, tax, net, fee, receipts, floor, royalty, split")
    name = serializers.CharField(allow_blank=True)
    rate = serializers.CharField(allow_null=True, help_text="Exact fraction: `7/10`")
    amount = serializers.DictField(child=serializers.CharField())


class ExplainedLineTold(LineTold):
    """The line with its inputs, the steps they give, and the amount computed from them just now."""

    period = serializers.CharField()
    statement = serializers.CharField(source="statement_ref", allow_null=True)
    entry = serializers.CharField(source="entry_ref", allow_blank=True)
    inputs = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()
    recomputed = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_inputs(self, line: RoyaltyLineFact) -> Any:
        # A payment's id opens the buyer's receipt: an author checks the sum, not who paid it. No step needs the id.
        sale = {name: value for name, value in line.inputs["sale"].items() if name not in _NOT_FOR_AUTHORS}
        return {**line.inputs, "sale": sale}

    @extend_schema_field(StepTold(many=True))
    def get_steps(self, line: RoyaltyLineFact) -> list[dict[str, Any]]:
        return [
            {
                "kind": step.kind,
                "name": step.name,
                "rate": None if step.rate is None else str(step.rate),
                "amount": amount(step.amount_minor, line.currency),
            }
            for step in explain.steps(line.inputs)
        ]

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_recomputed(self, line: RoyaltyLineFact) -> dict[str, str]:
        return amount(explain.amount(line.inputs), line.currency)


class RoyaltyLineView(APIView):
    """How one amount came about."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="royalty_lines_read", responses={200: ExplainedLineTold, **problems(401, 404)})
    def get(self, request: Request, line_ref: str) -> Response:
        if not ids.looks_like(line_ref, "roy"):
            raise Http404
        try:
            line = runs.line(line_ref)
        except runs.NoSuchLine as missing:
            raise Http404 from missing
        hide_unless_readable(request, payee_ref=line.payee_ref)
        return Response(ExplainedLineTold.of(line))
