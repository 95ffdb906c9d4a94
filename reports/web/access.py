"""Who may see the finance pages."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required, permission_required
from django.db import OperationalError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

Answer = HttpResponse | FileResponse
View = Callable[..., Answer]


def finance_only(view: View) -> View:
    """Sign in first; without the permission the answer is 403."""
    return never_cache(
        require_safe(login_required(permission_required("identity.see_finance", raise_exception=True)(view)))
    )


def in_time(view: View) -> View:
    """What takes longer than a page may is answered with what to do instead."""

    @wraps(view)
    def answered(request: HttpRequest, *arguments: str, **named: str) -> Answer:
        try:
            return view(request, *arguments, **named)
        except OperationalError:
            return render(request, "reports_web/too_long.html", status=503)

    return answered
