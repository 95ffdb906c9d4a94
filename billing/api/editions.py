"""What can be sold, and at which price where."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import billing.pricing.queries as pricing
import catalog.queries as catalog
from billing.api.access import IsPaymentClient
from billing.api.schema import problems
from billing.api.shapes import Amount, Country, PageAsked, PageTold, Told, page
from billing.pricing.facts import PriceFact
from catalog.facts import EditionFact


class EditionsAsked(PageAsked):
    after = serializers.RegexField(r"\A[0-9]{0,6}\Z", required=False, default="", allow_blank=True)
    search = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=100, help_text="Words of titles and names."
    )
    language = serializers.RegexField(
        r"\A[a-z]{0,3}\Z", required=False, default="", allow_blank=True, help_text="ISO 639-1: `fr`"
    )
    category = serializers.SlugField(required=False, default="", allow_blank=True, help_text="A category's slug.")
    country = Country(required=False, default="SN")


class PriceTold(Told):
    price = Amount(source="amount_minor")
    country = serializers.CharField(help_text="`*`: wherever no own price is set.")


class ContributorTold(Told):
    id = serializers.CharField(source="author_ref")
    name = serializers.CharField()
    role = serializers.CharField()


class EditionTold(Told):
    id = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField()
    language = serializers.CharField()
    kind = serializers.CharField()
    publisher = serializers.CharField()
    contributors = ContributorTold(many=True)
    categories = serializers.ListField(child=serializers.CharField())


class PricedEditionTold(EditionTold):
    prices = PriceTold(many=True)


class EditionsView(APIView):
    """The catalogue, with the prices of one country."""

    permission_classes = (IsPaymentClient,)

    @extend_schema(
        operation_id="editions_list",
        parameters=[EditionsAsked],
        responses={200: PageTold.of_results("EditionsPage", PricedEditionTold), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        asked = EditionsAsked.parse(request.query_params)
        offset, limit = int(asked["after"] or 0), asked["limit"]
        filters = {name: asked[name] for name in ("search", "language", "category")}
        found = catalog.editions(**filters, limit=limit + 1, offset=offset)
        following = str(offset + limit) if len(found) > limit else None
        return Response(page(request, _priced(found[:limit], asked["country"]), following))


def _priced(editions: Sequence[EditionFact], country: str) -> list[dict[str, Any]]:
    prices = pricing.prices(edition_refs=[edition.id for edition in editions], country=country, at=timezone.now())
    return [{**EditionTold.of(edition), "prices": _prices(prices[edition.id])} for edition in editions]


def _prices(prices: Sequence[PriceFact]) -> list[dict[str, Any]]:
    return [PriceTold.of(price) for price in prices]
