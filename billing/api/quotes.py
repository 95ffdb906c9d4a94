"""What a purchase would cost the caller's customer now: nothing is opened, nothing is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once_atomically
from billing.api.invoices import ITEMS_MAX, ItemAsked, TaxTold, quoted
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Amount, Asked, Country, Currency, Told
from billing.pricing.facts import Quote


class QuoteAsked(Asked):
    country = Country()
    items = serializers.ListField(child=ItemAsked(), allow_empty=False, max_length=ITEMS_MAX)
    currency = Currency(required=False)
    coupon = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=40, help_text="A code of one of your `coupons/`."
    )


class QuoteLineTold(Told):
    edition = serializers.CharField(source="edition_ref")
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit = Amount(source="unit_minor")
    discount = Amount(source="discount_minor")
    gross = Amount(source="gross_minor")
    net = Amount(source="net_minor")
    taxes = TaxTold(source="tax_lines", many=True)
    tax_reference = serializers.CharField()


class QuoteTold(Told):
    country = serializers.CharField()
    coupon = serializers.CharField(source="coupon_code", help_text="Empty: none.")
    items = QuoteLineTold(source="lines", many=True)
    discount = Amount(source="discount_minor")
    net = Amount(source="net_minor")
    tax = Amount(source="tax_minor")
    gross = Amount(source="gross_minor")
    quoted_at = serializers.DateTimeField()


@dataclass(frozen=True, slots=True)
class _Together:
    lines: Sequence[Quote]

    @property
    def country(self) -> str:
        return self.lines[0].country

    @property
    def currency(self) -> str:
        return self.lines[0].currency

    @property
    def coupon_code(self) -> str:
        return self.lines[0].coupon_code

    @property
    def quoted_at(self) -> Any:
        return self.lines[0].quoted_at

    @property
    def discount_minor(self) -> int:
        return sum(line.discount_minor for line in self.lines)

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    @property
    def gross_minor(self) -> int:
        return sum(line.gross_minor for line in self.lines)


class QuotesView(APIView):
    """Ask what a purchase costs, with a coupon or without."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="quotes_ask",
        parameters=[IDEMPOTENCY_KEY],
        request=QuoteAsked,
        responses={200: QuoteTold, **problems(400, 401, 403, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        asked = QuoteAsked.parse(request.data)
        lines = quoted(asked, country=asked["country"], owner_ref=caller_ref(request), at=timezone.now())
        return Response(QuoteTold.of(_Together(lines)))
