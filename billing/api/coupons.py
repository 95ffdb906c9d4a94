"""Coupons of the calling client: each counts for the invoices of that client alone."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

import billing.pricing.queries as pricing
from billing import ids
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once_atomically
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import (
    AmountAsked,
    AmountShape,
    Asked,
    Country,
    Currency,
    PageAsked,
    PageTold,
    Told,
    amount,
    page,
)
from billing.money import from_minor
from billing.pricing import operations
from billing.pricing.facts import CouponFact

SUBJECTS_MAX = 100


class CouponAsked(Asked):
    code = serializers.RegexField(r"\A[A-Za-z0-9-]{4,40}\Z", help_text="Read without regard to capitals.")
    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False, help_text="`20` or `12.5`."
    )
    amount = AmountAsked(required=False, help_text="Instead of a percentage; once an invoice.")
    currency = Currency(required=False)
    countries = serializers.ListField(child=Country(), required=False, default=list, max_length=SUBJECTS_MAX)
    subjects = serializers.ListField(
        child=serializers.RegexField(r"\A(edn|pln)_[0-9a-z]{26}\Z"),
        required=False,
        default=list,
        max_length=SUBJECTS_MAX,
        help_text="`edn_…` and `pln_…` it is for; none: all.",
    )
    period_count = serializers.IntegerField(
        required=False, min_value=1, max_value=1_000, help_text="The first so many periods of a subscription."
    )
    once_per_customer = serializers.BooleanField(required=False, default=False)
    uses_max = serializers.IntegerField(required=False, min_value=1, max_value=2_000_000_000)
    valid_from = serializers.DateTimeField(required=False)
    valid_to = serializers.DateTimeField(required=False)


class CouponTold(Told):
    id = serializers.CharField()
    code = serializers.CharField()
    rate = serializers.CharField(help_text="Exact fraction of the price: `1/5`; `0` when an amount is taken off.")
    amount = serializers.SerializerMethodField(method_name="get_amount_off")
    currency = serializers.CharField(help_text="Empty: any.")
    countries = serializers.ListField(child=serializers.CharField())
    subjects = serializers.ListField(child=serializers.CharField())
    period_count = serializers.IntegerField(allow_null=True)
    once_per_customer = serializers.BooleanField()
    uses_max = serializers.IntegerField(allow_null=True)
    uses_count = serializers.IntegerField(help_text="Held by open invoices, or redeemed.")
    valid_from = serializers.DateTimeField()
    valid_to = serializers.DateTimeField(allow_null=True)
    switched_off_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(AmountShape(allow_null=True))
    def get_amount_off(self, fact: CouponFact) -> dict[str, str] | None:
        return amount(fact.amount_minor, fact.currency) if fact.amount_minor else None


class CouponsView(APIView):
    """Add a coupon, list one's own."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="coupons_list",
        parameters=[PageAsked],
        responses={200: PageTold.of_results("CouponsPage", CouponTold), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        asked = PageAsked.parse(request.query_params)
        limit = asked["limit"]
        found = pricing.coupons_of(owner_ref=caller_ref(request), limit=limit + 1, before=asked["after"] or None)
        following = found[limit - 1].id if len(found) > limit else None
        return Response(page(request, [CouponTold.of(fact) for fact in found[:limit]], following))

    @extend_schema(
        operation_id="coupons_add",
        parameters=[IDEMPOTENCY_KEY],
        request=CouponAsked,
        responses={201: CouponTold, **problems(400, 401, 403, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        fact = _added(CouponAsked.parse(request.data), owner_ref=caller_ref(request))
        where = reverse("billing_api:coupon", args=[fact.id])
        return Response(CouponTold.of(fact), status=201, headers={"Location": where})


class CouponView(APIView):
    """One coupon of the caller."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="coupons_read", responses={200: CouponTold, **problems(401, 403, 404)})
    def get(self, request: Request, coupon_ref: str) -> Response:
        return Response(CouponTold.of(_own(request, coupon_ref)))


class CouponSwitchOffView(APIView):
    """Let a coupon count for no further sale."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="coupons_switch_off",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: CouponTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request, coupon_ref: str) -> Response:
        own = _own(request, coupon_ref)
        return Response(CouponTold.of(operations.switch_off_coupon(coupon_ref=own.id, at=timezone.now())))


def _added(asked: Mapping[str, Any], *, owner_ref: str) -> CouponFact:
    minor, currency = asked.get("amount", (0, asked.get("currency", "")))
    terms = ("countries", "subjects", "period_count", "once_per_customer", "uses_max", "valid_from", "valid_to")
    try:
        return operations.add_coupon(
            code=asked["code"],
            owner_ref=owner_ref,
            by=owner_ref,
            at=timezone.now(),
            rate=Fraction(asked.get("percent", 0)) / 100,
            amount=from_minor(minor, currency) if minor else None,
            currency=currency,
            **{name: asked[name] for name in terms if name in asked},
        )
    except operations.NotACoupon as error:
        field = {"rate": "percent"}.get(error.field, error.field)
        message = _("Un bon retire soit un pourcentage, soit un montant, et finit après avoir commencé.")
        raise serializers.ValidationError({field: [message]}) from None


def _own(request: Request, coupon_ref: str) -> CouponFact:
    if not ids.looks_like(coupon_ref, "cpn"):
        raise pricing.NoSuchCoupon("not the shape of a coupon's id")
    fact = pricing.coupon(coupon_ref)
    if fact.owner_ref != caller_ref(request):
        raise pricing.NoSuchCoupon(f"{coupon_ref} is not {caller_ref(request)}'s")
    return fact
