"""What the page frame needs in every template: where this visitor may go, the languages, and whether this is a demo."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Place:
    address: str
    label: str
    current: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor. The navigation is made only when a template shows it: it costs two reads."""
    return {
        "navigation": lazy(lambda: _places(request), list)(),
        "languages": settings.LANGUAGES,
        "demo": not settings.PRODUCTION,
    }


def _places(request: HttpRequest) -> list[Place]:
    return [
        Place(address=address, label=label, current=request.path == address or _below(request.path, address))
        for address, label in _open_to(request)
    ]


def _open_to(request: HttpRequest) -> list[tuple[str, str]]:
    places = [("/", _("Librairie"))]
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return [*places, ("/sign-in/", _("Se connecter"))]
    places.append(("/library/", _("Ma bibliothèque")))
    if user.groups.filter(name="author").exists():
        places.append(("/author/", _("Mes redevances")))
    if user.has_perm("identity.see_finance"):
        places.append(("/finance/", _("Finances")))
    return places


def _below(path: str, address: str) -> bool:
    return address != "/" and path.startswith(address)
