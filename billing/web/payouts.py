"""One payout for finance: what happened to it, asking again, calling it back, and saying what nobody else could."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import billing.ledger.queries as ledger
from billing.payouts import operations, postings, queries
from billing.payouts.facts import PayoutFact
from billing.payouts.states import HELD, State
from billing.web import desk, signs, verdict
from billing.web.checkout import redirect_303

_QUESTION = verdict.Question(
    yes="paid",
    no="not_paid",
    noted_yes=gettext_lazy("Noté : versé."),
    noted_no=gettext_lazy("Noté : non versé. La somme est de nouveau due."),
    too_late=gettext_lazy("Ce versement n’attend plus de décision. Rien n’a changé."),
    reason_missing=operations.ReasonMissing,
    nothing_to_decide=operations.NothingToDecide,
)


@desk.shown
def page(request: HttpRequest, payout_ref: str) -> HttpResponse:
    """Its sums, its history, and what it wrote in the ledger."""
    payout = _found(payout_ref)
    context = {
        "payout": payout,
        "sign": signs.payout(payout.state),
        "flags": signs.flags(payout.flags),
        "failure": signs.failure(payout.failure_reason),
        "batch": queries.batch(payout.batch_ref),
        "steps": signs.payout_steps(queries.events(payout.id)),
        "entries": tuple(ledger.entries_by_key(postings.keys_of(payout.id)).values()),
        "may_move": request.user.has_perm(desk.MOVE),
        "can_ask": payout.state in HELD,
        "can_call_back": queries.may_be_called_back(payout, at=timezone.now()),
        "in_review": payout.state == State.NEEDS_REVIEW,
    }
    return render(request, "billing_web/payout.html", context)


@desk.acted(desk.MOVE)
def ask(request: HttpRequest, payout_ref: str) -> HttpResponse:
    """Ask the provider now what became of it."""
    payout = _found(payout_ref)
    now = operations.refresh(payout_ref=payout.id, source="poll", at=timezone.now())
    verdict.asked(request, signs.payout(now.state).word)
    return redirect_303("billing_web:payout", payout.id)


@desk.acted(desk.MOVE)
def call_back(request: HttpRequest, payout_ref: str) -> HttpResponse:
    """Call a payout back that has arrived."""
    payout = _found(payout_ref)
    try:
        now = operations.call_back(payout_ref=payout.id, by=desk.actor(request), at=timezone.now())
    except operations.CannotReverse:
        messages.warning(request, _("Ce portefeuille ne rappelle pas ce versement, ou plus. Rien n’a changé."))
    else:
        if now.state == State.REVERSED:
            messages.success(request, _("Le versement est rappelé : la somme est de nouveau due."))
        else:
            messages.warning(
                request, _("Le portefeuille n’a pas rappelé le versement : l’argent reste chez le bénéficiaire.")
            )
    return redirect_303("billing_web:payout", payout.id)


@desk.acted(desk.MOVE)
def decide(request: HttpRequest, payout_ref: str) -> HttpResponse:
    """Say whether it was paid, by the provider's statement or its word."""
    payout = _found(payout_ref)

    def said(arrived: bool, reason: str) -> None:
        operations.decide(
            payout_ref=payout.id, was_paid=arrived, reason=reason, by=desk.actor(request), at=timezone.now()
        )

    _QUESTION.put(request, said)
    return redirect_303("billing_web:payout", payout.id)


def _found(payout_ref: str) -> PayoutFact:
    desk.must_look_like(payout_ref, "out")
    try:
        return queries.payout(payout_ref)
    except queries.NoSuchPayout:
        raise Http404 from None
