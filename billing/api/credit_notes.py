"""Credit notes of the calling client's invoices: made when a refund settles, never asked for."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import billing.invoices.queries as invoices
from billing import ids
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.invoices import TaxTold, own_invoice
from billing.api.schema import problems
from billing.api.shapes import Amount, PageAsked, PageTold, Ref, Told, page
from billing.invoices import pdf
from billing.invoices.facts import CreditNoteFact


class CreditNotesAsked(PageAsked):
    invoice = Ref("inv", required=False)


class CreditNoteItemTold(Told):
    item = serializers.CharField(source="item_ref", help_text="The invoice's line.")
    title = serializers.CharField()
    gross = Amount(source="gross_minor")
    net = Amount(source="net_minor")
    taxes = TaxTold(source="tax_lines", many=True)
    tax_reference = serializers.CharField()


class CreditNoteTold(Told):
    id = serializers.CharField()
    number = serializers.CharField()
    invoice = serializers.CharField(source="invoice_ref")
    invoice_number = serializers.CharField()
    source = serializers.CharField(source="source_ref", help_text="The refund that was settled.")  # type: ignore[assignment]
    reason = serializers.CharField()
    items = CreditNoteItemTold(many=True)
    net = Amount(source="net_minor")
    tax = Amount(source="tax_minor")
    gross = Amount(source="gross_minor")
    issued_at = serializers.DateTimeField()


class CreditNotesView(APIView):
    """List one's credit notes, or those of one invoice."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="credit_notes_list",
        parameters=[CreditNotesAsked],
        responses={200: PageTold.of_results("CreditNotesPage", CreditNoteTold), **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        asked = CreditNotesAsked.parse(request.query_params)
        if "invoice" in asked:
            found = invoices.credit_notes_of(own_invoice(request, asked["invoice"]).id)
            return Response(page(request, [CreditNoteTold.of(fact) for fact in found], None))
        limit, before = asked["limit"], asked["after"] or None
        found = invoices.credit_notes_of_owner(owner_ref=caller_ref(request), limit=limit + 1, before=before)
        following = found[limit - 1].id if len(found) > limit else None
        return Response(page(request, [CreditNoteTold.of(fact) for fact in found[:limit]], following))


class CreditNoteView(APIView):
    """One credit note of the caller."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="credit_notes_read", responses={200: CreditNoteTold, **problems(401, 403, 404)})
    def get(self, request: Request, note_ref: str) -> Response:
        return Response(CreditNoteTold.of(own_credit_note(request, note_ref)))


class CreditNotePdfView(APIView):
    """The credit note as the customer's document."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="credit_notes_pdf",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY), **problems(401, 403, 404)},
    )
    def get(self, request: Request, note_ref: str) -> HttpResponse:
        fact = own_credit_note(request, note_ref)
        headers = {"Content-Disposition": f'inline; filename="{fact.number}.pdf"', "Cache-Control": "no-store"}
        return HttpResponse(pdf.render_credit(fact.id), content_type="application/pdf", headers=headers)


def own_credit_note(request: Request, note_ref: str) -> CreditNoteFact:
    """The caller's credit note.

    :raises NoSuchCreditNote: there is none, or it is another client's.
    """
    if not ids.looks_like(note_ref, "crn"):
        raise invoices.NoSuchCreditNote("not the shape of a credit note's id")
    fact = invoices.credit_note(note_ref)
    if fact.owner_ref != caller_ref(request):
        raise invoices.NoSuchCreditNote(f"{note_ref} is not {caller_ref(request)}'s")
    return fact
