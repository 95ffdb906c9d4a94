"""Refunds of the calling client's payments."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

import billing.refunds.queries as refunds
from billing import ids
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once
from billing.api.payments import own_payment
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Amount, AmountAsked, Asked, Ref, Told
from billing.refunds import operations
from billing.refunds.facts import RefundFact
from billing.refunds.states import State


class RefundAsked(Asked):
    payment = Ref("pay")
    amount = AmountAsked(required=False, help_text="A part; everything that is left, when left out.")
    reason = serializers.CharField(max_length=500, help_text="Kept with the refund, and shown to finance.")


class RefundsOfPaymentAsked(Asked):
    payment = Ref("pay")


class RefundTold(Told):
    id = serializers.CharField()
    payment = serializers.CharField(source="payment_ref")
    invoice = serializers.CharField(source="invoice_ref")
    state = serializers.ChoiceField([str(state) for state in State])
    way = serializers.ChoiceField(
        ["operation", "payout"], help_text="`payout`: sent to the payer's wallet once two people have agreed."
    )
    amount = Amount(source="amount_minor")
    reason = serializers.CharField()
    failure_reason = serializers.CharField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())
    requested_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class RefundListTold(Told):
    results = RefundTold(many=True)


class RefundsView(APIView):
    """Give a payment back, wholly or in part; list its refunds."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="refunds_list",
        parameters=[RefundsOfPaymentAsked],
        responses={200: RefundListTold, **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        payment = own_payment(request, RefundsOfPaymentAsked.parse(request.query_params)["payment"])
        return Response({"results": [RefundTold.of(fact) for fact in refunds.refunds_of(payment.id)]})

    @extend_schema(
        operation_id="refunds_request",
        parameters=[IDEMPOTENCY_KEY],
        request=RefundAsked,
        responses={201: RefundTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
    )
    @once
    def post(self, request: Request) -> Response:
        asked = RefundAsked.parse(request.data)
        payment = own_payment(request, asked["payment"])
        fact = _granted_before(request, payment.id) or operations.request(
            payment_ref=payment.id,
            amount_minor=_minor(asked, payment.currency),
            reason=asked["reason"],
            by=caller_ref(request),
            at=timezone.now(),
        )
        where = reverse("billing_api:refund", args=[fact.id])
        return Response(RefundTold.of(fact), status=201, headers={"Location": where})


class RefundView(APIView):
    """One refund of the caller."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="refunds_read", responses={200: RefundTold, **problems(401, 403, 404)})
    def get(self, request: Request, refund_ref: str) -> Response:
        if not ids.looks_like(refund_ref, "ref"):
            raise refunds.NoSuchRefund("not the shape of a refund's id")
        fact = refunds.refund(refund_ref)
        if fact.owner_ref != caller_ref(request):
            raise refunds.NoSuchRefund(f"{refund_ref} is not {caller_ref(request)}'s")
        return Response(RefundTold.of(fact))


def _granted_before(request: Request, payment_ref: str) -> RefundFact | None:
    """What a crashed run of this very request has granted: answering it again must not give back twice."""
    turn = request.idempotency  # type: ignore[attr-defined]
    if not turn.resumed:
        return None
    mine = [fact for fact in refunds.refunds_of(payment_ref) if fact.requested_by == caller_ref(request)]
    return next((fact for fact in mine if fact.requested_at >= turn.first_asked_at), None)


def _minor(asked: Mapping[str, Any], currency: str) -> int | None:
    if "amount" not in asked:
        return None
    minor, asked_currency = asked["amount"]
    if asked_currency != currency:
        raise serializers.ValidationError({"amount": [_("Le paiement est en %s.") % currency]})
    return int(minor)
