"""Addresses whose views go wrong in every way."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls

handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


def bug(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("confidential")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


def page(request: HttpRequest, name: str = "") -> HttpResponse:
    return HttpResponse("<p>hello</p>")


urlpatterns = [
    path("bug/", bug),
    path("api/bug/", bug),
    path("forbidden/", forbidden),
    path("suspicious/", suspicious),
    path("page/<str:name>/", page),
    path("checkout/<str:name>/", page),
    *urls.urlpatterns[:4],
]
