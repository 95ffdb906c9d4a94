"""Payments of the calling client: start one for an invoice, follow it, see every attempt."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

import billing.configuration.queries as configuration
import billing.payments.queries as payments
from billing import ids
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once
from billing.api.invoices import own_invoice
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Amount, Asked, Ref, Told, phone
from billing.invoices.facts import InvoiceFact
from billing.payments import operations, sentences
from billing.payments.facts import PaymentFact
from billing.payments.states import State


class PaymentAsked(Asked):
    invoice = Ref("inv")
    provider = serializers.RegexField(r"\A[a-z][a-z0-9_]{1,29}\Z", help_text="See `payment-options/`.")
    phone = serializers.CharField(required=False, max_length=30, help_text="The customer's, when left out.")
    code = serializers.RegexField(
        r"\A[0-9]{4,10}\Z",
        required=False,
        help_text="The code the payer made beforehand, for options with `needs_code`. Used once, never stored.",
    )
    return_url = serializers.URLField(
        required=False,
        max_length=500,
        help_text="Where the payer comes back to; our page of the payment, when left out.",
    )

    def validate_return_url(self, url: str) -> str:
        """The payer's browser is sent there: no other scheme than the web's, and in production only the safe one."""
        if urlsplit(url).scheme not in (("https",) if settings.PRODUCTION else ("https", "http")):
            raise serializers.ValidationError(_("L’adresse de retour doit commencer par https://."))
        return url


class PaymentsOfInvoiceAsked(Asked):
    invoice = Ref("inv")


class NextActionTold(Told):
    """What the payer does next."""

    kind = serializers.ChoiceField(
        ["redirect", "approve_on_phone", "enter_otp", "show_qr", "dial_ussd", "none"], help_text="Draw by this."
    )
    url = serializers.CharField(allow_null=True)
    instructions = serializers.CharField(allow_null=True)
    qr = serializers.CharField(allow_null=True, help_text="What the code to scan says.")
    ussd = serializers.CharField(allow_null=True, help_text="What to dial.")
    links = serializers.DictField(child=serializers.CharField(), help_text="App → deep link that opens it.")
    expires_at = serializers.DateTimeField(allow_null=True)


class FailureTold(Told):
    side = serializers.ChoiceField(["payer", "payee", "merchant", "request", "provider"], help_text="Whose matter.")
    is_final = serializers.BooleanField(help_text="False: the same payment may still succeed.")
    retry = serializers.ChoiceField(["never", "new_attempt", "after_delay", "look_up"])
    sentence = serializers.CharField(help_text="For the customer, in the language asked for (fr, en, wo, ar).")


class PaymentTold(Told):
    id = serializers.CharField()
    invoice = serializers.CharField(source="invoice_ref")
    provider = serializers.CharField()
    market = serializers.CharField()
    state = serializers.ChoiceField([str(state) for state in State])
    amount = Amount(source="amount_minor")
    payer_phone = serializers.CharField(source="payer_phone_masked", help_text="Masked.")
    next_action = NextActionTold()
    transaction_ref = serializers.CharField(allow_null=True, help_text="As the payer sees it.")
    failure_reason = serializers.CharField(allow_null=True)
    failure = serializers.SerializerMethodField()
    flags = serializers.ListField(child=serializers.CharField())
    started_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(FailureTold(allow_null=True))
    def get_failure(self, fact: PaymentFact) -> dict[str, Any] | None:
        if fact.failure_reason is None:
            return None
        known = payments.failure(fact.failure_reason)
        said = sentences.sentence(known.reason, get_language() or "fr")
        return {"side": known.side, "is_final": known.is_final, "retry": known.retry, "sentence": said}


class PaymentListTold(Told):
    results = PaymentTold(many=True)


class PaymentsView(APIView):
    """Start a payment; list the attempts of an invoice."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="payments_list",
        parameters=[PaymentsOfInvoiceAsked],
        responses={200: PaymentListTold, **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request) -> Response:
        asked = PaymentsOfInvoiceAsked.parse(request.query_params)
        invoice = own_invoice(request, asked["invoice"])
        return Response({"results": [PaymentTold.of(fact) for fact in payments.payments_of_invoice(invoice.id)]})

    @extend_schema(
        operation_id="payments_start",
        parameters=[IDEMPOTENCY_KEY],
        request=PaymentAsked,
        responses={201: PaymentTold, **problems(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    )
    @once
    def post(self, request: Request) -> Response:
        asked = PaymentAsked.parse(request.data)
        invoice = own_invoice(request, asked["invoice"])
        fact = _begun_before(request, invoice, asked["provider"]) or _start(invoice, asked)
        where = reverse("billing_api:payment", args=[fact.id])
        return Response(PaymentTold.of(fact), status=201, headers={"Location": where})


class PaymentView(APIView):
    """One payment of the caller."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="payments_read", responses={200: PaymentTold, **problems(401, 403, 404)})
    def get(self, request: Request, payment_ref: str) -> Response:
        return Response(PaymentTold.of(own_payment(request, payment_ref)))


class CodeAsked(Asked):
    code = serializers.RegexField(r"\A[0-9]{4,10}\Z", help_text="What the payer was sent.")


class PaymentCodeView(APIView):
    """Hand in the code that the payer was sent (`next_action.kind` is `enter_otp`)."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="payments_confirm",
        parameters=[IDEMPOTENCY_KEY],
        request=CodeAsked,
        responses={200: PaymentTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
    )
    @once
    def post(self, request: Request, payment_ref: str) -> Response:
        fact = own_payment(request, payment_ref)
        code = CodeAsked.parse(request.data)["code"]
        return Response(PaymentTold.of(operations.confirm(payment_ref=fact.id, code=code, at=timezone.now())))


def own_payment(request: Request, payment_ref: str) -> PaymentFact:
    """The caller's payment; one of somebody else does not exist.

    :raises NoSuchPayment: none of the caller's.
    """
    if not ids.looks_like(payment_ref, "pay"):
        raise payments.NoSuchPayment("not the shape of a payment's id")
    fact = payments.payment(payment_ref)
    if fact.owner_ref != caller_ref(request):
        raise payments.NoSuchPayment(f"{payment_ref} is not {caller_ref(request)}'s")
    return fact


def _begun_before(request: Request, invoice: InvoiceFact, provider: str) -> PaymentFact | None:
    """What a crashed run of this very request has started: answering it again must not ask the payer twice."""
    turn = request.idempotency  # type: ignore[attr-defined]
    if not turn.resumed:
        return None
    attempts = [fact for fact in payments.payments_of_invoice(invoice.id) if fact.provider == provider]
    return min(
        (fact for fact in attempts if fact.started_at >= turn.first_asked_at),
        key=lambda fact: fact.started_at,
        default=None,
    )


def _start(invoice: InvoiceFact, asked: Mapping[str, Any]) -> PaymentFact:
    payer = phone(asked["phone"], invoice.country, "phone") if "phone" in asked else invoice.customer.phone
    try:
        return operations.start(
            invoice_ref=invoice.id,
            provider=asked["provider"],
            payer_phone=payer,
            return_url=asked.get("return_url", ""),
            payer_code=asked.get("code"),
            at=timezone.now(),
        )
    except configuration.NoRoute:
        message = _("Ce moyen de paiement n’est pas proposé pour ce pays et cette devise.")
        raise serializers.ValidationError({"provider": [message]}) from None
