"""What browsers may do with our answers, and what nobody may keep."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; {form_action}; frame-ancestors 'none'; base-uri 'none'"
)
_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_CHECKOUT = "/checkout/"


class Protection:
    """No script anywhere, no framing, forms only to ourselves; pages of signed-in people are kept by nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", policy_for(request.path))
            response.headers.setdefault("Permissions-Policy", _FEATURES)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if _has_credentials(request):
            response["Cache-Control"] = "private, no-store"
            patch_vary_headers(response, ("Cookie", "Authorization"))
        return response


def policy_for(path: str) -> str:
    """The policy of one page.

    Browsers built on Chromium apply `form-action` also to where a posted form is redirected. The payment form is
    answered with a redirect to the wallet's own page, whose host is the provider's to choose: there any https address
    is allowed, in the demo also the simulators' plain http.
    """
    if not path.startswith(_CHECKOUT):
        return _POLICY.format(form_action="form-action 'self'")
    elsewhere = "https:" if settings.PRODUCTION else "https: http:"
    return _POLICY.format(form_action=f"form-action 'self' {elsewhere}")


def _has_credentials(request: HttpRequest) -> bool:
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        or "Authorization" in request.headers
        or "X-Api-Key" in request.headers
    )
