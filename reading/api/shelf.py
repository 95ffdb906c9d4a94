"""`GET /library/`: what the caller may open."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.schema import problems
from billing.api.shapes import Told
from reading import library
from reading.api.sessions import reader_ref


class ProgressTold(Told):
    read_count = serializers.IntegerField(help_text="Different pages read.")
    furthest_page = serializers.IntegerField()
    last_read_at = serializers.DateTimeField()


class ShelfItemTold(Told):
    edition = serializers.CharField(source="edition.id")
    title = serializers.CharField(source="edition.title")
    language = serializers.CharField(source="edition.language")
    kind = serializers.CharField(source="edition.kind")
    page_count = serializers.IntegerField(source="edition.page_count", allow_null=True)
    progress = ProgressTold(allow_null=True)


class ShelfTold(serializers.Serializer[Any]):
    results = ShelfItemTold(many=True)


class ShelfView(APIView):
    """The caller's library, what was read last first."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="library_list", responses={200: ShelfTold, **problems(401)})
    def get(self, request: Request) -> Response:
        items = library.shelf(reader_ref(request))
        return Response({"results": [ShelfItemTold.of(item) for item in items]})
