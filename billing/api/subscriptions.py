"""Subscriptions of the calling client's customers: begun, read, and whatever a customer may wish of one."""

from typing import Any
from zoneinfo import available_timezones

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

import billing.configuration.queries as configuration
import billing.pricing.queries as pricing
from billing import ids
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once_atomically
from billing.api.invoices import CustomerAsked
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Amount, Asked, Currency, PageAsked, PageTold, Ref, Told, page, phone
from billing.invoices.facts import Customer
from billing.subscriptions import operations, queries
from billing.subscriptions.facts import SubscriptionFact
from billing.subscriptions.states import State

STATES = [str(state) for state in State]


class SubscriberAsked(CustomerAsked):
    reference = serializers.CharField(
        required=False, max_length=40, help_text="Your own word for the customer; else the phone says who it is."
    )


class SubscriptionAsked(Asked):
    plan = Ref("pln")
    customer = SubscriberAsked()
    provider = serializers.CharField(max_length=40, help_text="The wallet to ask, as `payment-options` names it.")
    currency = Currency(required=False)
    timezone = serializers.CharField(
        required=False, max_length=60, help_text="`Africa/Dakar`; only where the country has several."
    )
    test_clock = Ref("clk", required=False)


class SubscriptionsPageAsked(PageAsked):
    state = serializers.ChoiceField(STATES, required=False)
    reference = serializers.CharField(required=False, max_length=40, help_text="Of the customer.")


class CancelAsked(Asked):
    at_period_end = serializers.BooleanField(required=False, default=True, help_text="`false`: now.")
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class PauseAsked(Asked):
    resumes_on = serializers.DateField(required=False, help_text="The day on which it goes on by itself.")
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class ChangePlanAsked(Asked):
    plan = Ref("pln")


class WalletAsked(Asked):
    provider = serializers.CharField(max_length=40)
    phone = serializers.CharField(required=False, max_length=30)


class AsksAsked(Asked):
    stopped = serializers.BooleanField(help_text="`true`: no request and no message any more.")


class ChargeTold(Told):
    id = serializers.CharField()
    number = serializers.IntegerField(help_text="Of the period.")
    kind = serializers.CharField(help_text="period, change")
    state = serializers.CharField(help_text="open, paid, void")
    plan = serializers.CharField(source="plan_ref")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="The first day after it.")
    gross = Amount(source="gross_minor")
    invoice = serializers.CharField(source="invoice_ref", help_text="To be paid through `payments`.")
    issued_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class SubscriptionTold(Told):
    id = serializers.CharField()
    plan = serializers.CharField(source="plan_ref")
    next_plan = serializers.CharField(source="next_plan_ref", allow_null=True)
    state = serializers.CharField(help_text=", ".join(STATES))
    customer = serializers.CharField(source="customer_name")
    reference = serializers.CharField(source="client_ref", allow_null=True, help_text="Your word for the customer.")
    phone = serializers.CharField(source="phone_masked", help_text="Masked.")
    country = serializers.CharField()
    timezone = serializers.CharField()
    provider = serializers.CharField()
    price = Amount(source="unit_minor")
    number = serializers.IntegerField(help_text="Of the current period; 0 in a trial.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="The first day after the period.")
    trial_ends_on = serializers.DateField(allow_null=True)
    grace_ends_on = serializers.DateField(allow_null=True, help_text="Until then an unpaid period may be read.")
    gives_up_on = serializers.DateField(allow_null=True, help_text="Then it expires, unpaid.")
    cancels_at_end = serializers.BooleanField()
    paused_from = serializers.DateField(allow_null=True)
    resumes_on = serializers.DateField(allow_null=True)
    asks_stopped = serializers.BooleanField()
    ended_on = serializers.DateField(allow_null=True)
    end_reason = serializers.CharField()
    may_read = serializers.SerializerMethodField(help_text="Whether the customer reads by it now.")
    open_charge = serializers.SerializerMethodField(help_text="What waits to be paid.")
    test_clock = serializers.CharField(source="clock_ref", allow_null=True)
    started_at = serializers.DateTimeField()

    def get_may_read(self, fact: SubscriptionFact) -> bool:
        return queries.may_read(fact, at=queries.now_of(fact, at=timezone.now()))

    @extend_schema_field(ChargeTold(allow_null=True))
    def get_open_charge(self, fact: SubscriptionFact) -> dict[str, Any] | None:
        return ChargeTold.of(fact.open_charge) if fact.open_charge else None


class SubscriptionEventTold(Told):
    state = serializers.CharField(help_text=", ".join(STATES))
    what = serializers.CharField()
    reason = serializers.CharField()
    by = serializers.CharField(help_text="Who, or `sweep`.")
    happened_at = serializers.DateTimeField()


class SubscriptionHistoryTold(Told):
    events = SubscriptionEventTold(many=True)
    charges = ChargeTold(many=True)


class SubscriptionsView(APIView):
    """Begin a subscription, list one's own."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_list",
        parameters=[SubscriptionsPageAsked],
        responses={200: PageTold.of_results("SubscriptionsPage", SubscriptionTold), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        asked = SubscriptionsPageAsked.parse(request.query_params)
        limit = asked["limit"]
        found = queries.subscriptions_of(
            owner_ref=caller_ref(request),
            limit=limit + 1,
            before=asked["after"] or None,
            state=asked.get("state"),
            client_ref=asked.get("reference"),
        )
        following = found[limit - 1].id if len(found) > limit else None
        return Response(page(request, [SubscriptionTold.of(fact) for fact in found[:limit]], following))

    @extend_schema(
        operation_id="subscriptions_begin",
        parameters=[IDEMPOTENCY_KEY],
        request=SubscriptionAsked,
        responses={201: SubscriptionTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        fact = _begun(request, SubscriptionAsked.parse(request.data))
        where = reverse("billing_api:subscription", args=[fact.id])
        return Response(SubscriptionTold.of(fact), status=201, headers={"Location": where})


class SubscriptionView(APIView):
    """One subscription of the caller's customers."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="subscriptions_read", responses={200: SubscriptionTold, **problems(401, 403, 404)})
    def get(self, request: Request, subscription_ref: str) -> Response:
        return Response(SubscriptionTold.of(own_subscription(request, subscription_ref)))


class SubscriptionHistoryView(APIView):
    """What happened to it, and what was charged."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_history", responses={200: SubscriptionHistoryTold, **problems(401, 403, 404)}
    )
    def get(self, request: Request, subscription_ref: str) -> Response:
        fact = own_subscription(request, subscription_ref)
        return Response(
            {
                "events": [SubscriptionEventTold.of(event) for event in queries.events(fact.id)],
                "charges": [ChargeTold.of(charge) for charge in queries.charges(fact.id)],
            }
        )


_WISHED: dict[Any, Any] = {200: SubscriptionTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)}


class CancelView(APIView):
    """End it when what is paid is used up, or now."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_cancel", parameters=[IDEMPOTENCY_KEY], request=CancelAsked, responses=_WISHED
    )
    @once_atomically
    def post(self, request: Request, subscription_ref: str) -> Response:
        return _wished(request, subscription_ref, operations.cancel, **CancelAsked.parse(request.data))


class ResumeView(APIView):
    """Go on after a pause, or take the wish to cancel back."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(operation_id="subscriptions_resume", parameters=[IDEMPOTENCY_KEY], request=None, responses=_WISHED)
    @once_atomically
    def post(self, request: Request, subscription_ref: str) -> Response:
        return _wished(request, subscription_ref, operations.resume)


class PauseView(APIView):
    """From tomorrow on no day counts."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_pause", parameters=[IDEMPOTENCY_KEY], request=PauseAsked, responses=_WISHED
    )
    @once_atomically
    def post(self, request: Request, subscription_ref: str) -> Response:
        return _wished(request, subscription_ref, operations.pause, **PauseAsked.parse(request.data))


class ChangePlanView(APIView):
    """Another plan: now, once `open_charge` is paid (today), or from the next period on when it costs less."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_change_plan",
        parameters=[IDEMPOTENCY_KEY],
        request=ChangePlanAsked,
        responses=_WISHED,
    )
    @once_atomically
    def post(self, request: Request, subscription_ref: str) -> Response:
        plan_ref = ChangePlanAsked.parse(request.data)["plan"]
        try:
            return _wished(request, subscription_ref, operations.change_plan, plan_ref=plan_ref)
        except pricing.NoPrice:
            raise serializers.ValidationError({"plan": [_no_price()]}) from None


class WalletView(APIView):
    """Ask another wallet, or another phone."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_change_wallet", parameters=[IDEMPOTENCY_KEY], request=WalletAsked, responses=_WISHED
    )
    @once_atomically
    def post(self, request: Request, subscription_ref: str) -> Response:
        asked = WalletAsked.parse(request.data)
        country = own_subscription(request, subscription_ref).country
        number = phone(asked["phone"], country, "phone") if asked.get("phone") else None
        try:
            return _wished(
                request, subscription_ref, operations.change_wallet, provider=asked["provider"], phone=number
            )
        except configuration.NoRoute:
            raise serializers.ValidationError({"provider": [_no_wallet()]}) from None


class AsksView(APIView):
    """Stop asking the customer, or begin again."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="subscriptions_asks", parameters=[IDEMPOTENCY_KEY], request=AsksAsked, responses=_WISHED
    )
    @once_atomically
    def post(self, request: Request, subscription_ref: str) -> Response:
        stopped = AsksAsked.parse(request.data)["stopped"]
        return _wished(request, subscription_ref, operations.stop_asking if stopped else operations.ask_again)


def own_subscription(request: Request, subscription_ref: str) -> SubscriptionFact:
    """The caller's subscription.

    :raises NoSuchSubscription: there is none, or it is another client's: who may not see it may not know of it.
    """
    if not ids.looks_like(subscription_ref, "sub"):
        raise operations.NoSuchSubscription("not the shape of a subscription's id")
    fact = queries.subscription(subscription_ref)
    if fact.owner_ref != caller_ref(request):
        raise operations.NoSuchSubscription(f"{subscription_ref} is another client's")
    return fact


def _wished(request: Request, subscription_ref: str, operation: Any, **asked: Any) -> Response:
    fact = own_subscription(request, subscription_ref)
    at = queries.now_of(fact, at=timezone.now())
    return Response(SubscriptionTold.of(operation(subscription_ref=fact.id, by=caller_ref(request), at=at, **asked)))


def _begun(request: Request, asked: dict[str, Any]) -> SubscriptionFact:
    """The subscription; a refusal names the field that caused it."""
    customer, clock_ref = _customer(asked["customer"]), asked.get("test_clock")
    at = queries.clock(clock_ref).now_at if clock_ref else timezone.now()
    try:
        return operations.subscribe(
            owner_ref=caller_ref(request),
            plan_ref=asked["plan"],
            customer=customer,
            currency=asked.get("currency") or pricing.currency_of(customer.country),
            provider=asked["provider"],
            by=caller_ref(request),
            at=at,
            timezone=_timezone(asked.get("timezone")),
            clock_ref=clock_ref,
            client_ref=asked["customer"].get("reference", ""),
        )
    except pricing.NoPrice:
        raise serializers.ValidationError({"plan": [_no_price()]}) from None
    except configuration.NoRoute:
        raise serializers.ValidationError({"provider": [_no_wallet()]}) from None
    except configuration.NoTaxRule:
        message = _("Nous ne vendons pas encore dans ce pays : la taxe n’y est pas établie.")
        raise serializers.ValidationError({"customer.country": [message]}) from None
    except operations.NoTimezone:
        message = _("Ce pays a plusieurs fuseaux horaires : dites lequel.")
        raise serializers.ValidationError({"timezone": [message]}) from None


def _customer(asked: dict[str, Any]) -> Customer:
    number = asked.get("phone")
    return Customer(
        name=asked["name"],
        country=asked["country"],
        phone=phone(number, asked["country"], "customer.phone") if number else None,
        email=asked.get("email"),
        language=asked["language"],
    )


def _timezone(name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        raise serializers.ValidationError({"timezone": [_("Ce fuseau horaire n’existe pas.")]})
    return name


def _no_price() -> str:
    return _("Cette formule n’est pas en vente dans ce pays et cette devise.")


def _no_wallet() -> str:
    return _("Ce portefeuille n’encaisse pas dans ce pays et cette devise.")
