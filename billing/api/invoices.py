"""Invoices of the calling client: opened from editions and a customer, then paid through `payments`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

import billing.configuration.queries as configuration
import billing.invoices.queries as invoices
import billing.pricing.queries as pricing
import billing.references.queries as references
from billing import ids, phones
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once_atomically
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Amount, Asked, Country, Currency, PageAsked, PageTold, Ref, Told, page, phone
from billing.invoices import operations, pdf
from billing.invoices.facts import Customer, InvoiceFact
from billing.invoices.states import State
from billing.pricing.facts import Quote
from billing.pricing.quoting import BadQuantity, Line

ITEMS_MAX = 50
QUANTITY_MAX = 10_000


class CustomerAsked(Asked):
    name = serializers.CharField(max_length=120)
    country = Country()
    phone = serializers.CharField(required=False, max_length=30)
    email = serializers.EmailField(required=False, max_length=254)
    language = serializers.ChoiceField(["fr", "en"], required=False, default="fr")


class ItemAsked(Asked):
    edition = Ref("edn")
    quantity = serializers.IntegerField(min_value=1, max_value=QUANTITY_MAX, required=False, default=1)


class InvoiceAsked(Asked):
    customer = CustomerAsked()
    items = serializers.ListField(child=ItemAsked(), allow_empty=False, max_length=ITEMS_MAX)
    currency = Currency(required=False)
    coupon = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=40, help_text="A code of one of your `coupons/`."
    )


class TaxTold(Told):
    code = serializers.CharField()
    rate = serializers.CharField(help_text="Exact fraction of the net amount: `9/50`")
    amount = Amount(source="amount_minor")


class InvoiceItemTold(Told):
    id = serializers.CharField()
    edition = serializers.CharField(source="edition_ref")
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit = Amount(source="unit_minor")
    discount = Amount(source="discount_minor")
    gross = Amount(source="gross_minor")
    net = Amount(source="net_minor")
    taxes = TaxTold(source="tax_lines", many=True)
    tax_reference = serializers.CharField()


class CustomerTold(Told):
    name = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.SerializerMethodField(help_text="Masked.")
    email = serializers.CharField(allow_null=True)
    language = serializers.CharField()

    def get_phone(self, customer: Customer) -> str | None:
        return phones.mask(customer.phone) if customer.phone else None


class InvoiceTold(Told):
    id = serializers.CharField()
    number = serializers.CharField()
    state = serializers.ChoiceField([str(state) for state in State])
    customer = CustomerTold()
    items = InvoiceItemTold(many=True)
    coupon = serializers.CharField(source="coupon_code", help_text="Empty: none.")
    discount = Amount(source="discount_minor")
    net = Amount(source="net_minor")
    tax = Amount(source="tax_minor")
    gross = Amount(source="gross_minor")
    opened_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class InvoicesView(APIView):
    """Open an invoice, list one's own."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="invoices_list",
        parameters=[PageAsked],
        responses={200: PageTold.of_results("InvoicesPage", InvoiceTold), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        asked = PageAsked.parse(request.query_params)
        limit = asked["limit"]
        found = invoices.invoices_of(owner_ref=caller_ref(request), limit=limit + 1, before=asked["after"] or None)
        following = found[limit - 1].id if len(found) > limit else None
        return Response(page(request, [InvoiceTold.of(fact) for fact in found[:limit]], following))

    @extend_schema(
        operation_id="invoices_open",
        parameters=[IDEMPOTENCY_KEY],
        request=InvoiceAsked,
        responses={201: InvoiceTold, **problems(400, 401, 403, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        asked = InvoiceAsked.parse(request.data)
        now = timezone.now()
        customer = _customer(asked["customer"])
        quotes = quoted(asked, country=customer.country, owner_ref=caller_ref(request), at=now)
        fact = operations.open_invoice(owner_ref=caller_ref(request), customer=customer, quotes=quotes, at=now)
        where = reverse("billing_api:invoice", args=[fact.id])
        return Response(InvoiceTold.of(fact), status=201, headers={"Location": where})


class InvoiceView(APIView):
    """One invoice of the caller."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="invoices_read", responses={200: InvoiceTold, **problems(401, 403, 404)})
    def get(self, request: Request, invoice_ref: str) -> Response:
        return Response(InvoiceTold.of(own_invoice(request, invoice_ref)))


class InvoicePdfView(APIView):
    """The invoice as the customer's document."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="invoices_pdf",
        responses={
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY),
            **problems(401, 403, 404),
        },
    )
    def get(self, request: Request, invoice_ref: str) -> HttpResponse:
        fact = own_invoice(request, invoice_ref)
        headers = {"Content-Disposition": f'inline; filename="{fact.number}.pdf"', "Cache-Control": "no-store"}
        return HttpResponse(pdf.render(fact.id), content_type="application/pdf", headers=headers)


def own_invoice(request: Request, invoice_ref: str) -> InvoiceFact:
    """The caller's invoice.

    :raises NoSuchInvoice: there is none, or it is another client's: who may not see it may not know of it.
    """
    if not ids.looks_like(invoice_ref, "inv"):
        raise invoices.NoSuchInvoice("not the shape of an invoice's id")
    fact = invoices.invoice(invoice_ref)
    if fact.owner_ref != caller_ref(request):
        raise invoices.NoSuchInvoice(f"{invoice_ref} is not {caller_ref(request)}'s")
    return fact


def _customer(asked: Mapping[str, Any]) -> Customer:
    number = asked.get("phone")
    return Customer(
        name=asked["name"],
        country=asked["country"],
        phone=phone(number, asked["country"], "customer.phone") if number else None,
        email=asked.get("email"),
        language=asked["language"],
    )


def quoted(asked: Mapping[str, Any], *, country: str, owner_ref: str, at: datetime) -> tuple[Quote, ...]:
    """What the asked items cost together. A refusal names the field that caused it.

    :raises ValidationError: an item that cannot be sold there.
    :raises CouponRefused: the coupon does not count.
    """
    items: Sequence[Mapping[str, Any]] = asked["items"]
    currency = asked.get("currency")
    lines = [_line(item, f"items.{place}", country, currency, at) for place, item in enumerate(items)]
    try:
        return pricing.quote_lines(
            lines=lines, country=country, at=at, coupon_code=asked["coupon"], owner_ref=owner_ref
        )
    except BadQuantity:
        raise serializers.ValidationError({"items": [_("Cette quantité ne peut pas être vendue.")]}) from None


def _line(item: Mapping[str, Any], path: str, country: str, currency: str | None, at: datetime) -> Line:
    try:
        return pricing.line(
            edition_ref=item["edition"], country=country, currency=currency, quantity=item["quantity"], at=at
        )
    except references.UnknownBook:
        raise serializers.ValidationError({f"{path}.edition": [_("Cette édition n’existe pas.")]}) from None
    except pricing.NoPrice:
        message = _("Cette édition n’est pas en vente dans ce pays et cette devise.")
        raise serializers.ValidationError({f"{path}.edition": [message]}) from None
    except BadQuantity:
        raise serializers.ValidationError(
            {f"{path}.quantity": [_("Cette quantité ne peut pas être vendue.")]}
        ) from None
    except configuration.NoTaxRule:
        message = _("Nous ne vendons pas encore dans ce pays : la taxe n’y est pas établie.")
        raise serializers.ValidationError({"customer.country": [message]}) from None
