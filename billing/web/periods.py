"""Closing the months of each legal entity, and opening them again: who did what, what may be done now, and doing it.

The ledger decides (`billing.ledger.operations`); these pages ask it and put its answers into sentences.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.ledger import operations
from billing.ledger import queries as ledger
from billing.web import months
from billing.web.checkout import redirect_303

_SEE, _CLOSE = "identity.see_finance", "identity.close_books"
_REASON_MAX = 500

# What the forms can ask for: the operation, and whether it takes a reason.
ACTIONS: dict[str, tuple[Callable[..., str], bool]] = {
    "start-closing": (operations.start_closing, False),
    "close": (operations.close_period, False),
    "withdraw": (operations.withdraw_closing, True),
    "ask-reopening": (operations.ask_reopening, True),
    "reopen": (operations.reopen_period, False),
}


class NotAMonth(ValueError):
    """The text is no month of the form 2026-10."""


@never_cache
@require_safe
@login_required
@permission_required(_SEE, raise_exception=True)
def overview(request: HttpRequest) -> HttpResponse:
    """Every legal entity with its months, the latest first, and which of them is next."""
    now = timezone.now()
    entities = [(entity, months.of_entity(entity, at=now)) for entity in ledger.entities()]
    return render(request, "billing_web/periods.html", {"entities": entities})


@never_cache
@require_safe
@login_required
@permission_required(_SEE, raise_exception=True)
def month(request: HttpRequest, entity: str, period: str) -> HttpResponse:
    """One month: its state, what happened to it, and what this person may do now."""
    found = _month(entity, period)
    context = {
        "month": found,
        "history": months.history(found),
        "may_close": request.user.has_perm(_CLOSE),
        "asked_by_me": found.asked_by == request.user.pk,
    }
    return render(request, "billing_web/period.html", context)


@never_cache
@require_POST
@login_required
@permission_required([_SEE, _CLOSE], raise_exception=True)
def act(request: HttpRequest, entity: str, period: str, action: str) -> HttpResponse:
    """Do one thing to a month and lead back to it, with what came of it as a sentence."""
    found = _month(entity, period)
    if action not in ACTIONS:
        raise Http404
    operation, takes_reason = ACTIONS[action]
    reason = (
        {"reason": request.POST.get("reason", "").replace("\x00", "").strip()[:_REASON_MAX]} if takes_reason else {}
    )
    try:
        operation(entity=entity, month=found.day, by=_actor(request), at=timezone.now(), **reason)
    except operations.LedgerRefusal as refusal:
        messages.warning(request, refused(refusal))
    else:
        messages.success(request, done(action))
    return redirect_303("billing_web:period", entity, period)


def refused(refusal: operations.LedgerRefusal) -> str:
    """Why nothing was changed, and what to do."""
    if isinstance(refusal, operations.MonthNotOver):
        return _("Ce mois n’est pas fini : il pourra être clôturé le mois prochain.")
    if isinstance(refusal, operations.ReasonMissing):
        return _("Dites pourquoi : le motif reste dans l’histoire du mois. Rien n’a changé.")
    if isinstance(refusal, operations.AnotherPersonNeeded):
        return _("Une personne demande la réouverture, une autre rouvre. Rien n’a changé.")
    if isinstance(refusal, operations.NotItsTurn):
        return _(
            "Ce n’est pas le tour de ce mois : les mois se clôturent dans l’ordre et se rouvrent dans l’ordre inverse."
        )
    return str(refusal)


def done(action: str) -> str:
    """What was changed."""
    return {
        "start-closing": _("La clôture a commencé : seules les écritures de clôture entrent encore."),
        "close": _("Le mois est clos : plus aucune écriture n’y entre."),
        "withdraw": _("La clôture est abandonnée : le mois est de nouveau ouvert."),
        "ask-reopening": _("Réouverture demandée : une autre personne doit rouvrir."),
        "reopen": _("Le mois est rouvert."),
    }[action]


def _actor(request: HttpRequest) -> str:
    return cast(str, request.user.pk)


def starts_at(period: str) -> datetime:
    """The first moment of a month written `2026-10`.

    :raises NotAMonth: it is none.
    """
    try:
        first = timezone.make_aware(datetime.strptime(period, "%Y-%m"))  # noqa: DTZ007  made aware at once
    except ValueError:
        raise NotAMonth(f"{period!r} is not a month of the form 2026-10") from None
    if f"{first:%Y-%m}" != period or not 2000 <= first.year < 2100:
        raise NotAMonth(f"{period!r} is not a month of the form 2026-10")
    return first


def _month(entity: str, period: str) -> months.Month:
    if entity not in ledger.entities():
        raise Http404
    try:
        first = starts_at(period)
    except NotAMonth:
        raise Http404 from None
    if first > timezone.now():
        raise Http404
    return months.of(entity, first, at=timezone.now())
