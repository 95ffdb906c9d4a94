"""Error pages: in the frame for people, as problem documents under `/api/`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import csrf, defaults

_API = "/api/"
_PROBLEM = "application/problem+json"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_request", lambda: defaults.bad_request(request, exception))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "forbidden", lambda: defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", lambda: defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """No frame: whatever broke may break the frame too."""
    return _answer(request, 500, "server_error", lambda: defaults.server_error(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "csrf", lambda: csrf.csrf_failure(request, reason, template_name="403_csrf.html"))


def _answer(request: HttpRequest, status: int, code: str, page: Callable[[], HttpResponse]) -> HttpResponse:
    if not request.path.startswith(_API):
        return page()
    titles = {
        "bad_request": _("La demande est illisible."),
        "forbidden": _("Votre compte n’a pas ce droit."),
        "not_found": _("Rien n’existe à cette adresse."),
        "server_error": _("Une erreur de notre côté. Aucune demande n’est perdue : réessayez avec la même clé."),
        "csrf": _("Le jeton CSRF manque ou n’est plus valable."),
    }
    document = {"type": "about:blank", "title": titles[code], "status": status, "code": code}
    return JsonResponse(document, status=status, content_type=_PROBLEM)
