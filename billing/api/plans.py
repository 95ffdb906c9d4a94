"""Plans of the calling client, and what they cost by country."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

import billing.pricing.operations as pricing
import billing.pricing.queries as price_queries
from billing import ids, money
from billing.api.access import IsPaymentClient, caller_ref
from billing.api.idempotency import once_atomically
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import AmountAsked, AmountShape, Asked, Country, PageAsked, PageTold, Told, amount, page
from billing.pricing.facts import PriceFact
from billing.subscriptions import operations, queries
from billing.subscriptions.facts import PlanFact
from billing.subscriptions.periods import Interval

PRICES_MAX = 50


class PlanPriceAsked(Asked):
    country = serializers.RegexField(r"\A([A-Z]{2}|\*)\Z", help_text="ISO 3166-1 alpha-2, or `*`: elsewhere.")
    amount = AmountAsked(help_text="Of one period, tax within.")
    valid_from = serializers.DateTimeField(required=False, help_text="Now, when left out.")


class PlanAsked(Asked):
    code = serializers.RegexField(r"\A[a-z0-9_-]{1,40}\Z", help_text="Your own word for it: `premium`")
    title = serializers.CharField(max_length=120, help_text="As invoices print it.")
    title_en = serializers.CharField(max_length=120, required=False, help_text="On English invoices; else `title`.")
    interval = serializers.ChoiceField([str(interval) for interval in Interval])
    interval_count = serializers.IntegerField(min_value=1, max_value=24, required=False, default=1)
    trial_days = serializers.IntegerField(min_value=0, max_value=365, required=False, default=0)
    product_kind = serializers.ChoiceField(
        ["ebook", "audio", "comic", "school", "press"], help_text="By which it is taxed."
    )
    prices = serializers.ListField(child=PlanPriceAsked(), required=False, default=list, max_length=PRICES_MAX)


class PlanSeenAsked(Asked):
    country = Country(required=False)


class PlanTold(Told):
    id = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    title_en = serializers.CharField()
    interval = serializers.ChoiceField([str(interval) for interval in Interval])
    interval_count = serializers.IntegerField()
    trial_days = serializers.IntegerField()
    product_kind = serializers.CharField()
    is_offered = serializers.BooleanField()
    prices = serializers.SerializerMethodField(help_text="In the country that was asked for; else empty.")

    @extend_schema_field(AmountShape(many=True))
    def get_prices(self, plan: PlanFact) -> list[dict[str, str]]:
        return [amount(price.amount_minor, price.currency) for price in self.context.get("prices", ())]


class PlanPriceTold(Told):
    id = serializers.CharField(source="ref")
    country = serializers.CharField()
    amount = serializers.SerializerMethodField()

    @extend_schema_field(AmountShape)
    def get_amount(self, price: PriceFact) -> dict[str, str]:
        return amount(price.amount_minor, price.currency)


class PlansView(APIView):
    """Offer a plan, list one's own."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="plans_list",
        parameters=[PageAsked],
        responses={200: PageTold.of_results("PlansPage", PlanTold), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        asked = PageAsked.parse(request.query_params)
        limit = asked["limit"]
        found = queries.plans_of(owner_ref=caller_ref(request), limit=limit + 1, before=asked["after"] or None)
        following = found[limit - 1].id if len(found) > limit else None
        return Response(page(request, [PlanTold.of(fact) for fact in found[:limit]], following))

    @extend_schema(
        operation_id="plans_add",
        parameters=[IDEMPOTENCY_KEY],
        request=PlanAsked,
        responses={201: PlanTold, **problems(400, 401, 403, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request) -> Response:
        asked = PlanAsked.parse(request.data)
        now = timezone.now()
        prices = asked.pop("prices")
        asked.setdefault("title_en", asked["title"])
        interval = Interval(asked.pop("interval"))
        fact = operations.add_plan(owner_ref=caller_ref(request), interval=interval, at=now, **asked)
        for place, price in enumerate(prices):
            _set_price(fact.id, price, f"prices.{place}", now)
        where = reverse("billing_api:plan", args=[fact.id])
        return Response(PlanTold.of(fact), status=201, headers={"Location": where})


class PlanView(APIView):
    """One plan of the caller, with its prices in a country."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="plans_read",
        parameters=[PlanSeenAsked],
        responses={200: PlanTold, **problems(400, 401, 403, 404)},
    )
    def get(self, request: Request, plan_ref: str) -> Response:
        country = PlanSeenAsked.parse(request.query_params).get("country")
        fact = own_plan(request, plan_ref)
        return Response(PlanTold(fact, context={"prices": _prices(fact, country)}).data)


class PlanPricesView(APIView):
    """Say what a period costs in a country. Subscribers keep a lower price until they were told in time."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="plans_set_price",
        parameters=[IDEMPOTENCY_KEY],
        request=PlanPriceAsked,
        responses={201: PlanPriceTold, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request, plan_ref: str) -> Response:
        asked = PlanPriceAsked.parse(request.data)
        fact = own_plan(request, plan_ref)
        return Response(PlanPriceTold.of(_set_price(fact.id, asked, "", timezone.now())), status=201)


class PlanWithdrawalView(APIView):
    """Offer a plan to nobody any more. Whoever has it keeps it."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="plans_withdraw",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: PlanTold, **problems(400, 401, 403, 404, 409, 415, 422)},
    )
    @once_atomically
    def post(self, request: Request, plan_ref: str) -> Response:
        fact = own_plan(request, plan_ref)
        return Response(PlanTold.of(operations.withdraw_plan(plan_ref=fact.id, owner_ref=fact.owner_ref)))


def own_plan(request: Request, plan_ref: str) -> PlanFact:
    """The caller's plan.

    :raises NoSuchPlan: there is none, or it is another client's.
    """
    if not ids.looks_like(plan_ref, "pln"):
        raise operations.NoSuchPlan("not the shape of a plan's id")
    fact = queries.plan(plan_ref)
    if fact.owner_ref != caller_ref(request):
        raise operations.NoSuchPlan(f"{plan_ref} is another client's")
    return fact


def _prices(fact: PlanFact, country: str | None) -> Sequence[PriceFact]:
    if country is None:
        return ()
    return price_queries.prices(edition_refs=[fact.id], country=country, at=timezone.now())[fact.id]


def _set_price(plan_ref: str, asked: dict[str, Any], path: str, at: datetime) -> PriceFact:
    minor, currency = asked["amount"]
    field = f"{path}.amount".lstrip(".")
    try:
        return operations.set_plan_price(
            plan_ref=plan_ref,
            country=asked["country"],
            currency=currency,
            amount=money.from_minor(minor, currency),
            at=at,
            valid_from=asked.get("valid_from"),
        )
    except pricing.NotAPrice:
        raise serializers.ValidationError({field: [_("Un prix est supérieur à zéro.")]}) from None
    except pricing.BackdatedPrice:
        message = _("Un prix ne commence pas dans le passé.")
        raise serializers.ValidationError({f"{path}.valid_from".lstrip("."): [message]}) from None
