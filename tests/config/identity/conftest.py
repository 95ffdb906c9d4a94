"""A view of our own to knock at: it answers who came in, through the three real authentication classes."""

from collections.abc import Callable

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView


class WhoAmI(APIView):
    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk, "by": type(request.auth).__name__})

    post = get


@pytest.fixture
def knock() -> Callable[..., Response]:
    def call(method: str = "get", **headers: str) -> Response:
        request = getattr(APIRequestFactory(), method)("/who", headers=headers)
        return WhoAmI.as_view()(request).render()

    return call
