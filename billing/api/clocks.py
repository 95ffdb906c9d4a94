"""Test clocks: customers of the calling client for whom time passes when it says so. Not in production."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from billing import ids
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once, once_atomically
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Asked, Told
from billing.subscriptions import operations, queries
from billing.subscriptions.facts import ClockFact


class ClockAsked(Asked):
    now_at = serializers.DateTimeField(help_text="Where it stands first.")
    name = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class AdvanceAsked(Asked):
    to = serializers.DateTimeField(help_text="Not earlier than where it stands, at most two years later.")


class ClockTold(Told):
    id = serializers.CharField()
    name = serializers.CharField()
    now_at = serializers.DateTimeField()


class ClockListTold(Told):
    results = ClockTold(many=True)


class ClocksView(APIView):
    """Make a test clock, list one's own."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="test_clocks_list", responses={200: ClockListTold, **problems(401, 403)})
    def get(self, request: Request) -> Response:
        return Response({"results": [ClockTold.of(one) for one in queries.clocks_of(owner_ref=caller_ref(request))]})

    @extend_schema(
        operation_id="test_clocks_add",
        parameters=[IDEMPOTENCY_KEY],
        request=ClockAsked,
        responses={201: ClockTold, **problems(400, 401, 403, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        asked = ClockAsked.parse(request.data)
        fact = operations.add_clock(owner_ref=caller_ref(request), at=timezone.now(), **asked)
        where = reverse("billing_api:test_clock", args=[fact.id])
        return Response(ClockTold.of(fact), status=201, headers={"Location": where})


class ClockView(APIView):
    """One test clock of the caller."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="test_clocks_read", responses={200: ClockTold, **problems(401, 403, 404)})
    def get(self, request: Request, clock_ref: str) -> Response:
        return Response(ClockTold.of(_own(request, clock_ref)))


class AdvanceView(APIView):
    """Let time pass: trial ends, renewals, requests, grace and expiry fire in order, each at its moment."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="test_clocks_advance",
        parameters=[IDEMPOTENCY_KEY],
        request=AdvanceAsked,
        responses={200: ClockTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
    )
    @once
    def post(self, request: Request, clock_ref: str) -> Response:
        to, now = AdvanceAsked.parse(request.data)["to"], timezone.now()
        fact = _own(request, clock_ref)
        if request.idempotency.resumed and fact.now_at >= to:  # type: ignore[attr-defined]
            return Response(ClockTold.of(fact))  # the run that died had arrived
        return Response(ClockTold.of(operations.advance(clock_ref=fact.id, owner_ref=fact.owner_ref, to=to, at=now)))


def _own(request: Request, clock_ref: str) -> ClockFact:
    if not ids.looks_like(clock_ref, "clk"):
        raise operations.NoSuchClock("not the shape of a clock's id")
    fact = queries.clock(clock_ref)
    if fact.owner_ref != caller_ref(request):
        raise operations.NoSuchClock(f"{clock_ref} is another client's")
    return fact
