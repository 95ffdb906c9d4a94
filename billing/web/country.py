"""Where the visitor buys: a cookie, chosen at the foot of every shop page. It decides price, tax and wallets."""

from collections.abc import Sequence

import phonenumbers
from babel import Locale
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

COOKIE = "coko_country"
FIRST_MARKET = "SN"
COUNTRIES = ("SN", "CI", "BJ", "BF", "ML", "TG", "CM", "FR", "US")
_YEAR = 365 * 24 * 3600


def chosen(request: HttpRequest) -> str:
    """The visitor's country; our first market until they say another."""
    country = request.COOKIES.get(COOKIE, "")
    return country if country in COUNTRIES else FIRST_MARKET


def choices() -> Sequence[tuple[str, str]]:
    """Codes and names, by name in the page's language, the first market first."""
    named = [(code, name(code)) for code in COUNTRIES]
    return sorted(named, key=lambda one: (one[0] != FIRST_MARKET, one[1]))


def name(country: str) -> str:
    """What the country is called in the page's language."""
    return str(Locale(get_language() or "fr").territories.get(country, country))


def example_phone(country: str) -> str:
    """What a mobile number looks like there."""
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if example else ""


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Remember the country and go back to the page it was chosen on."""
    wanted, back = request.GET.get("country", ""), request.GET.get("next", "/")
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    response = redirect(back if ours else "/")
    if wanted in COUNTRIES:
        response.set_cookie(COOKIE, wanted, max_age=_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
