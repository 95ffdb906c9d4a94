"""One refund for finance, saying what nobody else could of it, and putting those that wait into a batch of payouts."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

import billing.ledger.queries as ledger
from billing.refunds import operations, postings, queries
from billing.refunds.facts import RefundFact, Way
from billing.refunds.states import OPEN, State
from billing.web import desk, signs, verdict
from billing.web.checkout import redirect_303

_QUESTION = verdict.Question(
    yes="given",
    no="not_given",
    noted_yes=gettext_lazy("Noté : rendu."),
    noted_no=gettext_lazy("Noté : non rendu. La vente compte de nouveau."),
    too_late=gettext_lazy("Ce remboursement n’attend plus de décision. Rien n’a changé."),
    reason_missing=operations.ReasonMissing,
    nothing_to_decide=operations.NothingToDecide,
)


@desk.shown
def page(request: HttpRequest, refund_ref: str) -> HttpResponse:
    """Its sum, its way, its history, and what it wrote in the ledger."""
    refund = _found(refund_ref)
    context = {
        "refund": refund,
        "sign": signs.refund(refund.state),
        "flags": signs.flags(refund.flags),
        "failure": signs.failure(refund.failure_reason),
        "requested_by": desk.names([refund.requested_by])[refund.requested_by],
        "steps": signs.refund_steps(queries.events(refund.id)),
        "entries": tuple(ledger.entries_by_key(postings.keys_of(refund.id)).values()),
        "may_move": request.user.has_perm(desk.MOVE),
        "can_ask": refund.way == Way.OPERATION and (refund.state in OPEN or refund.state == State.NEEDS_REVIEW),
        "can_decide": refund.state == State.NEEDS_REVIEW and "late_success" not in refund.flags,
        "refused_rule": signs.rule(refund.refused_rule or ""),
        "waits_for_batch": refund.way == Way.PAYOUT and refund.state == State.GRANTED,
    }
    return render(request, "billing_web/refund.html", context)


@desk.acted(desk.MOVE)
def ask(request: HttpRequest, refund_ref: str) -> HttpResponse:
    """Ask the provider now what became of it."""
    refund = _found(refund_ref)
    now = operations.refresh(refund_ref=refund.id, source="poll", at=timezone.now())
    verdict.asked(request, signs.refund(now.state).word)
    return redirect_303("billing_web:refund", refund.id)


@desk.acted(desk.MOVE)
def decide(request: HttpRequest, refund_ref: str) -> HttpResponse:
    """Say whether it was given back, by the provider's statement or its word."""
    refund = _found(refund_ref)

    def said(arrived: bool, reason: str) -> None:
        operations.decide(
            refund_ref=refund.id, was_given_back=arrived, reason=reason, by=desk.actor(request), at=timezone.now()
        )

    _QUESTION.put(request, said)
    return redirect_303("billing_web:refund", refund.id)


@desk.acted(desk.MOVE)
def again(request: HttpRequest, refund_ref: str) -> HttpResponse:
    """Let the next batch take it up again."""
    refund = _found(refund_ref)
    try:
        operations.try_payout_again(refund_ref=refund.id, by=desk.actor(request), at=timezone.now())
    except operations.NothingToPrepare:
        messages.warning(request, _("Aucun lot n’a refusé ce remboursement. Rien n’a changé."))
    else:
        messages.success(request, _("Le prochain lot le reprendra."))
    return redirect_303("billing_web:refund", refund.id)


@desk.acted(desk.MOVE)
def withdraw(request: HttpRequest, refund_ref: str) -> HttpResponse:
    """Give it up before it is paid out."""
    refund = _found(refund_ref)
    try:
        operations.withdraw(
            refund_ref=refund.id, reason=desk.reason(request), by=desk.actor(request), at=timezone.now()
        )
    except operations.ReasonMissing:
        messages.warning(request, _("Dites pourquoi : le motif reste avec le remboursement. Rien n’a changé."))
    except operations.NothingToPrepare:
        messages.warning(request, _("Ce remboursement n’attend plus d’être versé. Rien n’a changé."))
    else:
        messages.success(request, _("Noté : vous y renoncez. La vente compte de nouveau."))
    return redirect_303("billing_web:refund", refund.id)


@desk.acted(desk.MOVE)
def prepare(request: HttpRequest) -> HttpResponse:
    """Put the refunds that go as payouts into a batch, and lead to it."""
    batch = operations.prepare_payouts(by=desk.actor(request), at=timezone.now())
    if batch is None:
        messages.info(request, _("Aucun remboursement n’attend d’être versé."))
        return redirect_303("billing_web:attention")
    left_out = _left_out(len(batch.refusals))
    if not batch.payouts:
        messages.warning(request, left_out)
        return redirect_303("billing_web:attention")
    if left_out:
        messages.warning(request, left_out)
    count = len(batch.payouts)
    said = ngettext("Lot préparé, %d versement : une autre personne doit l’approuver.",
                    "Lot préparé, %d versements : une autre personne doit l’approuver.", count)  # fmt: skip
    messages.success(request, said % count)
    return redirect_303("billing_web:payout_batch", batch.id)


def _left_out(count: int) -> str:
    if not count:
        return ""
    said = ngettext("%d remboursement n’a pas pu entrer dans un lot : regardez pourquoi.",
                    "%d remboursements n’ont pas pu entrer dans un lot : regardez pourquoi.", count)  # fmt: skip
    return said % count


def _found(refund_ref: str) -> RefundFact:
    desk.must_look_like(refund_ref, "ref")
    try:
        return queries.refund(refund_ref)
    except queries.NoSuchRefund:
        raise Http404 from None
