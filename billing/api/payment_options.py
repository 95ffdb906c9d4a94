"""Which wallets can pay an invoice."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import billing.payments.queries as payments
from billing.api.access import IsPaymentClient
from billing.api.invoices import own_invoice
from billing.api.payments import PaymentsOfInvoiceAsked
from billing.api.schema import problems
from billing.api.shapes import Told


class OptionTold(Told):
    provider = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the option of one
    market = serializers.CharField()
    next_action_kind = serializers.CharField(help_text="What the payer will have to do.")
    is_suggested = serializers.BooleanField(help_text="The customer's number is one of this operator's; a hint.")
    is_resting = serializers.BooleanField(help_text="It does not answer now; offer another first.")
    needs_phone = serializers.BooleanField()
    needs_code = serializers.BooleanField(help_text="The payer makes a code first: send it as `code`.")
    code_ussd = serializers.CharField(help_text="What to dial for that code; empty when there is nothing to dial.")


class OptionListTold(Told):
    results = OptionTold(many=True)


class PaymentOptionsView(APIView):
    """The wallets that collect an invoice's currency in its country, in the order to offer them in."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="payment_options_list",
        parameters=[PaymentsOfInvoiceAsked],
        responses={200: OptionListTold, **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        invoice = own_invoice(request, PaymentsOfInvoiceAsked.parse(request.query_params)["invoice"])
        found = payments.options(
            country=invoice.country,
            currency=invoice.currency,
            amount_minor=invoice.gross_minor,
            payer_phone=invoice.customer.phone,
            at=timezone.now(),
        )
        return Response({"results": [OptionTold.of(option) for option in found]})
