"""What the finance pages that move money share: who may see and act, what a form says, and who is named how."""

from collections.abc import Callable, Collection, Mapping
from typing import cast

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import billing.references.queries as references
from billing import ids

SEE, MOVE, APPROVE = "identity.see_finance", "identity.move_money", "identity.approve_payouts"
REASON_MAX = 500

View = Callable[..., HttpResponse]


def shown(view: View) -> View:
    """Sign in first; without the right to see finance the answer is 403."""
    return never_cache(require_safe(login_required(permission_required(SEE, raise_exception=True)(view))))


def acted(permission: str) -> Callable[[View], View]:
    """A form that moves money or decides about it: POST only, with a right of its own beside that to see."""

    def guarded(view: View) -> View:
        return never_cache(
            require_POST(login_required(permission_required([SEE, permission], raise_exception=True)(view)))
        )

    return guarded


def actor(request: HttpRequest) -> str:
    return cast(str, request.user.pk)


def reason(request: HttpRequest) -> str:
    """Why, in the person's words; empty when nothing was said."""
    return request.POST.get("reason", "").replace("\x00", "").strip()[:REASON_MAX]


def words(request: HttpRequest, name: str, *, most: int) -> str:
    """What one line of a form says; empty when nothing was said."""
    return " ".join(request.POST.get(name, "").replace("\x00", "").split())[:most]


def must_look_like(ref: str, prefix: str) -> None:
    """
    :raises Http404: no id of that kind.
    """
    if not ids.looks_like(ref, prefix):
        raise Http404


def names(refs: Collection[str | None]) -> Mapping[str, str]:
    """What people are called, by reference; whom billing does not know keeps the reference."""
    wanted = {ref for ref in refs if ref}
    return {ref: ref for ref in wanted} | dict(references.user_names(wanted))
