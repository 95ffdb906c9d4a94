"""One payment for finance: what happened, what it wrote in the ledger, giving it back, and who contests it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

import billing.invoices.queries as invoices
import billing.ledger.queries as ledger
import billing.payments.operations as payment_operations
import billing.payments.queries as payments
from billing import money
from billing.payments import postings
from billing.payments.facts import CaptureFact, PaymentFact
from billing.payments.states import OPEN, State
from billing.refunds import operations, queries
from billing.web import desk, payment_decisions, signs, submissions, verdict
from billing.web.checkout import redirect_303


class NotAnAmountLeft(ValueError):
    """The form asks for a part and says no amount of the payment's currency."""


@desk.shown
def page(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """One attempt: its amounts, its history, its refunds and disputes, and what may be done now."""
    payment = _found(payment_ref)
    captured = payments.capture(payment.id)
    disputes = queries.disputes_of(payment.id)
    names = desk.names([dispute.opened_by for dispute in disputes])
    context = {
        "payment": payment,
        "invoice": invoices.invoice(payment.invoice_ref),
        "state": signs.payment(payment.state),
        "flags": signs.flags(payment.flags),
        "failure": signs.failure(payment.failure_reason),
        "steps": signs.payment_steps(payments.events(payment.id)),
        "entries": tuple(ledger.entries_by_key(postings.keys_of(payment.id)).values()),
        "refunds": [(refund, signs.refund(refund.state)) for refund in queries.refunds_of(payment.id)],
        "disputes": [(one, signs.dispute(one.state), names[one.opened_by]) for one in disputes],
        "is_contested": any(one.state == "open" for one in disputes),
        "may_move": request.user.has_perm(desk.MOVE),
        "can_ask": payment.state in OPEN or payment.state == State.NEEDS_REVIEW,
        **payment_decisions.shown(request, payment),
        **_to_give_back(captured),
    }
    return render(request, "billing_web/finance_payment.html", context)


@desk.acted(desk.MOVE)
def refund(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Give back all that is left, or a part; a form sent twice gives back once."""
    payment, key = _found(payment_ref), request.POST.get("key", "")
    back = redirect_303("billing_web:finance_payment", payment.id)
    if not submissions.is_key(key):
        messages.warning(request, _("Ce formulaire n’est plus valable : envoyez-le de nouveau."))
        return back
    try:
        if submissions.claim(key=key, at=timezone.now()):
            return back  # the first click has done it
    except submissions.StillRunning:
        messages.info(request, _("Ce remboursement est déjà en route."))
        return back
    _request_once(request, payment, key)
    return back


@desk.acted(desk.MOVE)
def ask(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Ask the provider now what became of it."""
    payment = _found(payment_ref)
    now = payment_operations.refresh(payment_ref=payment.id, source="poll", at=timezone.now())
    verdict.asked(request, signs.payment(now.state).word)
    return redirect_303("billing_web:finance_payment", payment.id)


@desk.acted(desk.MOVE)
def open_dispute(request: HttpRequest, payment_ref: str) -> HttpResponse:
    """Record that somebody contests it."""
    payment = _found(payment_ref)
    try:
        operations.open_dispute(
            payment_ref=payment.id,
            amount_minor=None,
            reason=desk.reason(request),
            by=desk.actor(request),
            at=timezone.now(),
        )
    except operations.ReasonMissing:
        messages.warning(request, _("Dites ce qui est contesté. Rien n’a changé."))
    except operations.NothingCaptured:
        messages.warning(request, _("Ce paiement n’a rien apporté : il n’y a rien à contester."))
    except operations.DisputeOpen:
        messages.warning(request, _("Ce paiement est déjà contesté. Rien n’a changé."))
    else:
        messages.success(request, _("Contestation notée. Aucun argent ne bouge : remboursez si elle est fondée."))
    return redirect_303("billing_web:finance_payment", payment.id)


@desk.acted(desk.MOVE)
def close_dispute(request: HttpRequest, payment_ref: str, dispute_ref: str) -> HttpResponse:
    """Record how a dispute ended."""
    payment = _found(payment_ref)
    if dispute_ref not in {dispute.id for dispute in queries.disputes_of(payment.id)}:
        raise Http404
    was_won = {"won": True, "lost": False}.get(request.POST.get("outcome", ""))
    try:
        if was_won is None:
            raise operations.ReasonMissing(dispute_ref)
        operations.close_dispute(
            dispute_ref=dispute_ref,
            was_won=was_won,
            note=desk.reason(request),
            by=desk.actor(request),
            at=timezone.now(),
        )
    except operations.ReasonMissing:
        messages.warning(request, _("Dites comment elle a fini, et pourquoi. Rien n’a changé."))
    except operations.NothingToDecide:
        messages.warning(request, _("Cette contestation était déjà close. Rien n’a changé."))
    else:
        messages.success(request, _("La contestation est close."))
    return redirect_303("billing_web:finance_payment", payment.id)


def _found(payment_ref: str) -> PaymentFact:
    desk.must_look_like(payment_ref, "pay")
    try:
        return payments.payment(payment_ref)
    except payments.NoSuchPayment:
        raise Http404 from None


def _to_give_back(captured: CaptureFact | None) -> dict[str, object]:
    """What is left of the money that came, how it would go back, and a key for the form."""
    if captured is None:
        return {"captured": None}
    given_back = queries.given_back_of(captured.payment_ref)
    whole, part = queries.ways(captured)
    return {
        "captured": captured,
        "left_minor": captured.amount_minor - given_back,
        "way_of_rest": part if given_back else whole,
        "way_of_part": part,
        "key": submissions.new_key(timezone.now()),
    }


def _request_once(request: HttpRequest, payment: PaymentFact, key: str) -> None:
    """Ask for the refund under the form's key; whatever stops us leaves the form free to be sent again."""
    try:
        granted = operations.request(
            payment_ref=payment.id,
            amount_minor=_amount(request, payment),
            reason=desk.reason(request),
            by=desk.actor(request),
            at=timezone.now(),
        )
    except (operations.RefundRefusal, NotAnAmountLeft) as refusal:
        submissions.free(key=key, at=timezone.now())
        messages.warning(request, refused(refusal))
        return
    except BaseException:
        submissions.free(key=key, at=timezone.now())
        raise
    submissions.settle(key=key, payment_ref=granted.id)
    if granted.way == "payout":
        messages.success(
            request, _("Remboursement accordé : il part par un versement, qu’une seconde personne approuve.")
        )
    else:
        messages.success(request, _("Remboursement : %s.") % signs.refund(granted.state).word)


def _amount(request: HttpRequest, payment: PaymentFact) -> int | None:
    """The part asked for; None for all that is left.

    :raises NotAnAmountLeft: a part, and no amount of the currency that came.
    """
    if request.POST.get("extent") != "part":
        return None
    captured = payments.capture(payment.id)
    text = "".join(request.POST.get("amount", "").split()).replace(",", ".")
    try:
        return money.to_minor(money.parse(text, captured.currency if captured else payment.currency))
    except money.NotAnAmount as error:
        raise NotAnAmountLeft(str(error)) from None


def refused(refusal: Exception) -> str:
    """Why nothing was given back, and what to do."""
    match refusal:
        case operations.ReasonMissing():
            return _("Dites pourquoi : le motif reste avec le remboursement. Rien n’a été rendu.")
        case operations.NothingCaptured():
            return _("Ce paiement n’a rien apporté : il n’y a rien à rendre.")
        case operations.MoreThanCaptured():
            left = f"{money.plain(refusal.left_minor, refusal.currency)} {refusal.currency}"
            return _("Il reste %s à rendre de ce paiement, pas davantage. Rien n’a été rendu.") % left
        case operations.NoWayBack():
            return _(
                "Ce portefeuille ne reprend rien et nous ne pouvons rien y verser : rendez l’argent par une autre voie."
            )
    return _("Indiquez un montant en chiffres, par exemple 500. Rien n’a été rendu.")
