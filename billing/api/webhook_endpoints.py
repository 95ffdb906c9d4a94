"""Where a client wants to be told of its payments. The secret is shown once."""

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once_atomically
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Asked, Told
from billing.outbox import operations, queries


class EndpointAsked(Asked):
    url = serializers.URLField(max_length=500)


class EndpointTold(Told):
    id = serializers.CharField()
    url = serializers.CharField()
    state = serializers.CharField(help_text="active, failing")
    added_at = serializers.DateTimeField()


class EndpointListTold(Told):
    results = EndpointTold(many=True)


class NewEndpointTold(EndpointTold):
    secret = serializers.CharField(help_text="`whsec_…` of Standard Webhooks. Shown here and never again.")


class WebhookEndpointsView(APIView):
    """Register an address for signed notifications; list one's own."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="webhook_endpoints_list", responses={200: EndpointListTold, **problems(401, 403)})
    def get(self, request: Request) -> Response:
        return Response({"results": [EndpointTold.of(one) for one in queries.endpoints(owner_ref=caller_ref(request))]})

    @extend_schema(
        operation_id="webhook_endpoints_add",
        parameters=[IDEMPOTENCY_KEY],
        request=EndpointAsked,
        responses={201: NewEndpointTold, **problems(400, 401, 403, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        asked = EndpointAsked.parse(request.data)
        try:
            fact = operations.add_endpoint(owner_ref=caller_ref(request), url=asked["url"], at=timezone.now())
        except operations.BadDestination:
            message = _("Nous n’envoyons pas à cette adresse : il faut https, un hôte public et aucun identifiant.")
            raise serializers.ValidationError({"url": [message]}) from None
        return Response(NewEndpointTold.of(fact), status=201)
