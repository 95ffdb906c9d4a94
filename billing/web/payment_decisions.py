"""A payment nobody can tell of, decided by two people: one says what became of it and by which proof, another confirms.

Payments decide (`billing.payments.operations`); these forms ask them and put their answers into sentences.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.payments import operations, queries
from billing.payments.deciding import PROOF_MAX
from billing.payments.facts import DecisionFact, PaymentFact
from billing.web import desk, signs, verdict
from billing.web.checkout import redirect_303


def shown(request: HttpRequest, payment: PaymentFact) -> dict[str, object]:
    """What a payment's page says of it: what was decided by whom, and what this person may do now."""
    found = queries.decisions_of(payment.id)
    names = desk.names([who for one in found for who in (one.proposed_by, one.decided_by)])
    waiting = next((one for one in found if one.state == "proposed"), None)
    may_move, may_approve = request.user.has_perm(desk.MOVE), request.user.has_perm(desk.APPROVE)
    is_mine = waiting is not None and waiting.proposed_by == desk.actor(request)
    return {
        "decisions": [
            (one, signs.decision(one.state), names[one.proposed_by], names.get(one.decided_by or "", ""))
            for one in found
        ],
        "waiting_decision": waiting,
        "decision_is_mine": is_mine,
        "can_propose": may_move and waiting is None and queries.may_be_decided(payment),
        "can_confirm": may_approve and waiting is not None and not is_mine,
        "can_withdraw": waiting is not None and (may_approve or (is_mine and may_move)),
        "proof_max": PROOF_MAX,
    }


@desk.acted(desk.MOVE)
def propose(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Say whether it was paid, and by which reference of the provider's; another person confirms."""
    desk.must_look_like(payment_ref, "pay")
    back = redirect_303("billing_web:finance_payment", payment_ref)
    was_paid = verdict.said(request, yes="paid", no="not_paid")
    if was_paid is None:
        return back
    try:
        operations.propose_decision(
            payment_ref=payment_ref,
            was_paid=was_paid,
            proof=desk.words(request, "proof", most=PROOF_MAX + 1),
            reason=desk.reason(request),
            by=desk.actor(request),
            at=timezone.now(),
        )
    except operations.NoSuchPayment:
        raise Http404 from None
    except _REFUSALS as refusal:
        messages.warning(request, refused(refusal, payment_ref))
    else:
        messages.success(request, _("Votre décision est notée : une autre personne doit la confirmer."))
    return back


@desk.acted(desk.APPROVE)
def confirm(request: HttpRequest, decision_ref: str) -> HttpResponse:
    """Confirm what somebody else has proposed; the payment ends so."""
    decision = _found(decision_ref)
    try:
        operations.confirm_decision(decision_ref=decision.id, by=desk.actor(request), at=timezone.now())
    except _REFUSALS as refusal:
        messages.warning(request, refused(refusal, decision.payment_ref))
    else:
        said = _("Confirmé : le paiement est compté.") if decision.was_paid else _("Confirmé : rien n’a été payé.")
        messages.success(request, said)
    return redirect_303("billing_web:finance_payment", decision.payment_ref)


@desk.acted(desk.SEE)
def withdraw(request: HttpRequest, decision_ref: str) -> HttpResponse:
    """Take the proposal back: by whoever may confirm it, or by who made it."""
    decision = _found(decision_ref)
    back = redirect_303("billing_web:finance_payment", decision.payment_ref)
    is_mine = decision.proposed_by == desk.actor(request) and request.user.has_perm(desk.MOVE)
    if not (is_mine or request.user.has_perm(desk.APPROVE)):
        messages.warning(request, _("Retirer cette décision revient à qui peut la confirmer, ou à qui l’a proposée."))
        return back
    try:
        operations.withdraw_decision(
            decision_ref=decision.id, why=desk.reason(request), by=desk.actor(request), at=timezone.now()
        )
    except _REFUSALS as refusal:
        messages.warning(request, refused(refusal, decision.payment_ref))
    else:
        messages.success(request, _("La décision est retirée : le paiement attend toujours."))
    return back


_REFUSALS = (
    operations.NothingToDecide,
    operations.ReasonMissing,
    operations.ProofMissing,
    operations.ProofTaken,
    operations.AlreadyProposed,
    operations.AnotherPersonNeeded,
    operations.ProviderAnswered,
    operations.ProviderDisagrees,
)


def refused(refusal: Exception, payment_ref: str) -> str:
    """Why nothing was decided, and what to do."""
    match refusal:
        case operations.ReasonMissing():
            return verdict.no_reason()
        case operations.ProofMissing():
            return _("Donnez la référence du portefeuille qui le prouve : celle du mouvement, ou de sa réponse.")
        case operations.ProofTaken():
            return _("Cette référence est celle d’un autre paiement. Rien n’a changé.")
        case operations.AlreadyProposed():
            return _("Une autre décision attend déjà : confirmez-la ou retirez-la d’abord.")
        case operations.AnotherPersonNeeded():
            return _("Vous l’avez proposé : une autre personne doit le confirmer. Rien n’a changé.")
        case operations.ProviderDisagrees():
            return _("Interrogé une dernière fois, le portefeuille dit autre chose. Rien n’est décidé.")
        case operations.ProviderAnswered():
            now = signs.payment(queries.payment(payment_ref).state).word
            return _("Interrogé une dernière fois, le portefeuille a répondu : %s. Il n’y a plus rien à décider.") % now
    return _("Ce paiement n’attend plus de décision. Rien n’a changé.")


def _found(decision_ref: str) -> DecisionFact:
    desk.must_look_like(decision_ref, "dec")
    try:
        return queries.decision(decision_ref)
    except queries.NoSuchDecision:
        raise Http404 from None
