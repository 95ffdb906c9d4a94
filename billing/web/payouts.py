"""One payout for finance: what happened to it, asking again, calling it back, and saying what nobody else could."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

import billing.ledger.queries as ledger
from billing.payouts import operations, postings, queries
from billing.payouts.facts import PayoutFact
from billing.payouts.states import HELD, State
from billing.web import desk, signs
from billing.web.checkout import redirect_303


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
    messages.info(request, _("Le portefeuille a été interrogé : %s.") % signs.payout(now.state).word)
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
    was_paid = {"paid": True, "not_paid": False}.get(request.POST.get("outcome", ""))
    if was_paid is None:
        messages.warning(request, _("Dites si la somme est arrivée ou non. Rien n’a changé."))
        return redirect_303("billing_web:payout", payout.id)
    try:
        operations.decide(
            payout_ref=payout.id,
            was_paid=was_paid,
            reason=desk.reason(request),
            by=desk.actor(request),
            at=timezone.now(),
        )
    except operations.ReasonMissing:
        messages.warning(request, _("Dites d’où vous le savez : c’est ce qu’on lira plus tard. Rien n’a changé."))
    except operations.NothingToDecide:
        messages.warning(request, _("Ce versement n’attend plus de décision. Rien n’a changé."))
    else:
        said = _("Noté : versé.") if was_paid else _("Noté : non versé. La somme est de nouveau due.")
        messages.success(request, said)
    return redirect_303("billing_web:payout", payout.id)


def _found(payout_ref: str) -> PayoutFact:
    desk.must_look_like(payout_ref, "out")
    try:
        return queries.payout(payout_ref)
    except queries.NoSuchPayout:
        raise Http404 from None
