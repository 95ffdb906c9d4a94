"""The reconciliation pages: days that differ, what waits for a person, clearing accounts that do not return to zero."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.reconciliation import operations, queries
from billing.reconciliation.facts import AlarmFact, Explanation
from billing.web import desk, wording

_DAYS_SHOWN = 14
_WAITING_SHOWN = 50
_MATCH = "match"

View = Callable[..., HttpResponse]


def finance_only(view: View) -> View:
    """Sign in first; without the permission the answer is 403."""
    return never_cache(login_required(permission_required("identity.see_finance", raise_exception=True)(view)))


@finance_only
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The last days by wallet, the worklist, the alarms."""
    today = timezone.now().astimezone(UTC).date()
    context = {
        "days": list(queries.days(since=today - timedelta(days=_DAYS_SHOWN - 1), until=today)),
        "waiting": [(line, wording.of_line(line.reason)) for line in queries.worklist(limit=_WAITING_SHOWN)],
        "waiting_count": queries.worklist_count(),
        "changed": queries.changed(limit=_WAITING_SHOWN),
        "alarms": _alarms(),
    }
    return render(request, "billing_web/reconciliation.html", context)


@finance_only
@require_safe
def day(request: HttpRequest, day: str) -> HttpResponse:
    """One day of every wallet: both sides, the difference, and the lines it is made of."""
    try:
        reports = queries.reports(day=date.fromisoformat(day))
    except ValueError:
        raise Http404 from None
    return render(request, "billing_web/reconciliation_day.html", {"day": day, "reports": reports})


@finance_only
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, line_id: str) -> HttpResponse:
    """One line, and the form that decides about it while it waits."""
    try:
        found = queries.line(line_id)
    except queries.NoSuchLine:
        raise Http404 from None
    refusal = ""
    if request.method == "POST":
        if not request.user.has_perm("identity.operate"):
            raise PermissionDenied
        refusal = _decide(request, line_id)
        if not refusal:
            messages.success(request, _("C’est noté : l’écriture est passée."))
            return redirect("billing_web:reconciliation")
    context = {
        "line": found,
        "reason": wording.of_line(found.reason),
        "refusal": refusal,
        "explanations": wording.explanations(),
        "may_decide": found.state == "worklist" and request.user.has_perm("identity.operate"),
        "given": request.POST,
    }
    return render(request, "billing_web/reconciliation_line.html", context, status=422 if refusal else 200)


@finance_only
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, changed_id: int) -> HttpResponse:
    """A line that came again and said something else, and the form that says which of the two is right."""
    try:
        found = queries.change(changed_id)
    except queries.NoSuchChange:
        raise Http404 from None
    refusal = ""
    if request.method == "POST":
        if not request.user.has_perm("identity.operate"):
            raise PermissionDenied
        refusal = _decide_change(request, changed_id)
        if not refusal:
            messages.success(request, _("C’est noté."))
            return redirect("billing_web:reconciliation")
    context = {
        "changed": found,
        "line": found.line,
        "refusal": refusal,
        "decided_by": desk.names([found.decided_by]).get(found.decided_by, ""),
        "may_decide": not found.verdict and not found.decided_by and request.user.has_perm("identity.operate"),
        "given": request.POST,
    }
    return render(request, "billing_web/reconciliation_change.html", context, status=422 if refusal else 200)


def _decide_change(request: HttpRequest, changed_id: int) -> str:
    """Why the decision was refused; empty: it was taken."""
    decide = {"accepted": operations.accept_change, "rejected": operations.reject_change}.get(
        request.POST.get("verdict", "")
    )
    if decide is None:
        return _("Dites laquelle des deux est juste.")
    try:
        decide(changed_id=changed_id, why=desk.reason(request), by=desk.actor(request), at=timezone.now())
    except operations.ReasonMissing:
        return _("Dites pourquoi : la raison reste avec la décision.")
    except operations.CurrencyChanged:
        return _("Elle est revenue dans une autre devise : aucune différence ne s’écrit. Demandez à l’opérateur.")
    except operations.NothingToDecide:
        return _("Cette ligne n’attend plus de décision.")
    return ""


def _decide(request: HttpRequest, line_id: str) -> str:
    """Why the decision was refused; empty: it was taken."""
    given: Mapping[str, str] = {name: request.POST.get(name, "").strip() for name in ("verdict", "subject", "why")}
    by, at = str(request.user.pk), timezone.now()
    try:
        if given["verdict"] == _MATCH:
            operations.decide_match(line_id=line_id, subject_ref=given["subject"], why=given["why"], by=by, at=at)
        elif given["verdict"] in wording.explanations():
            explanation = Explanation(given["verdict"])
            operations.decide_explained(line_id=line_id, explanation=explanation, why=given["why"], by=by, at=at)
        else:
            return _("Dites ce qu’est cette ligne.")
    except operations.ReasonMissing:
        return _("Dites pourquoi : la raison reste avec la décision.")
    except operations.NotItsKind:
        return _("Aucun paiement, remboursement ou versement de ce genre ne porte cette référence.")
    except operations.AmountDiffers:
        return _("Le montant, la devise ou le portefeuille n’est pas celui de la ligne.")
    except (operations.SubjectTaken, operations.NotTaken):
        return _("Cette référence est déjà rapprochée d’une autre ligne, ou refuse celle-ci.")
    except operations.NothingToDecide:
        return _("Cette ligne n’attend plus de décision.")
    return ""


def _alarms() -> tuple[AlarmFact, ...] | None:
    """None when looking takes longer than a page may."""
    try:
        return queries.alarms(at=timezone.now())
    except OperationalError:
        return None
