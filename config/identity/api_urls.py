"""Addresses of this package's part of the API."""

from django.urls import URLPattern, path

from config.identity.api import RefreshView, TokenView

urlpatterns: list[URLPattern] = [
    path("token/", TokenView.as_view(), name="token"),
    path("token/refresh/", RefreshView.as_view(), name="token_refresh"),
]
