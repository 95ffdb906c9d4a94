"""Addresses of this package's pages."""

from django.urls import URLPattern, path
from django.views.i18n import set_language

from config.identity import pages

urlpatterns: list[URLPattern] = [
    path("sign-in/", pages.sign_in_page, name="sign_in"),
    path("sign-out/", pages.sign_out, name="sign_out"),
    path("home/", pages.home, name="home"),
    path("language/", set_language, name="set_language"),
]
