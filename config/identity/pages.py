"""Signing in and out, and the way to each role's first page."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from rest_framework.settings import api_settings

from config.identity import addresses, limits, operations, sign_in
from config.identity.forms import SignInForm
from config.identity.models import User
from config.identity.roles import home_of


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, SignInForm(), status=200)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=400)
    try:
        user = sign_in.with_password(
            request=request,
            email=form.cleaned_data["email"],
            password=form.cleaned_data["password"],
            address=address_of(request),
            at=timezone.now(),
        )
    except sign_in.SignInRefused:
        form.add_error(None, _("L’adresse ou le mot de passe n’est pas le bon."))
        return _form(request, form, status=400)
    except limits.TooManyAttempts as refused:
        return _too_many(request, form, refused)
    return _enter(request, user)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        operations.record(
            actor_ref=request.user.pk,
            action="signed_out",
            subject_ref=request.user.pk,
            at=timezone.now(),
            address=address_of(request),
        )
    logout(request)
    return HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL)


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return HttpResponseRedirect(home_of(frozenset(request.user.as_fact().roles)))


def address_of(request: HttpRequest) -> str:
    """The caller's address as far as it can be believed."""
    return addresses.of_request(request.META, trusted_proxies=api_settings.NUM_PROXIES or 0)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user)
    response = HttpResponseRedirect(_next(request) or settings.LOGIN_REDIRECT_URL)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", max_age=31_536_000)
    return response


def _next(request: HttpRequest) -> str:
    """Where the visitor wanted to go: only an address of our own."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None, require_https=request.is_secure()
    )
    return wanted if safe else ""


def _too_many(request: HttpRequest, form: SignInForm, refused: limits.TooManyAttempts) -> HttpResponse:
    seconds = max(1, round((refused.until - timezone.now()).total_seconds()))
    form.add_error(
        None,
        _("Trop d’essais. Réessayez dans %(minutes)d min ; les sessions déjà ouvertes restent ouvertes.")
        % {"minutes": -(-seconds // 60)},
    )
    response = _form(request, form, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _form(request: HttpRequest, form: SignInForm, *, status: int) -> HttpResponse:
    return render(request, "identity/sign_in.html", {"form": form, "next": _next(request)}, status=status)
