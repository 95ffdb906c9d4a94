"""A customer's own page of a subscription: what it costs, until when it reads, pay, cancel, stop being asked.

Its id cannot be guessed: who has the address may see the page, as with receipts.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import billing.configuration.queries as configuration
import billing.invoices.queries as invoices
import billing.payments.operations as payments
import billing.payments.queries as payment_queries
from billing import ids
from billing.payments.facts import OptionFact
from billing.subscriptions import operations, queries
from billing.subscriptions.facts import SubscriptionFact
from billing.subscriptions.states import State
from billing.web import attempts, codes, wording
from billing.web.checkout import choices, lead_on, redirect_303
from billing.web.waiting import wallets

_DAY = timedelta(days=1)
CUSTOMER = "customer"  # whoever has the page, in the events


@dataclass(frozen=True, slots=True)
class Sign:
    """What the page says of a state: the badge's class and words, and the sentence below."""

    tone: str
    sign: str | Promise
    title: str | Promise


_SIGNS = {
    State.TRIALING: Sign("ok", gettext_lazy("Essai gratuit"), gettext_lazy("Votre essai est en cours")),
    State.ACTIVE: Sign("ok", gettext_lazy("En cours"), gettext_lazy("Votre abonnement est en cours")),
    State.GRACE: Sign("wait", gettext_lazy("À payer"), gettext_lazy("Votre abonnement est à renouveler")),
    State.PAST_DUE: Sign("warn", gettext_lazy("À payer"), gettext_lazy("La lecture reprend dès que vous payez")),
    State.PAUSED: Sign("wait", gettext_lazy("En pause"), gettext_lazy("Votre abonnement est en pause")),
    State.CANCELLED: Sign("", gettext_lazy("Terminé"), gettext_lazy("Votre abonnement est terminé")),
    State.EXPIRED: Sign("", gettext_lazy("Terminé"), gettext_lazy("Votre abonnement est terminé")),
}


@never_cache
@require_safe
def page(request: HttpRequest, subscription_ref: str) -> HttpResponse:
    """How it stands, with the one thing to do on top."""
    fact = _noticed(find(subscription_ref))
    plan = queries.plan(fact.plan_ref)
    context = {
        "subscription": fact,
        "plan_title": _title(fact.plan_ref),
        "next_plan_title": _title(fact.next_plan_ref) if fact.next_plan_ref else "",
        "every": _every(plan.interval, plan.interval_count),
        "sign": _SIGNS[State(fact.state)],
        "may_read": queries.may_read(fact, at=queries.now_of(fact, at=timezone.now())),
        "is_over": fact.ended_on is not None,
        "wallet": payment_queries.label(fact.provider),
        "last_day": _last_day(fact),
        "charges": [
            (charge, charge.ends_on - _DAY) for charge in reversed(queries.charges(fact.id)) if charge.state == "paid"
        ][:12],
        **_to_pay(fact),
    }
    return render(request, "billing_web/subscription.html", context)


@never_cache
@require_POST
def pay(request: HttpRequest, subscription_ref: str) -> HttpResponse:
    """Start the payment of what is open, with the usual wallet or another. A second tap finds the first."""
    fact = find(subscription_ref)
    if fact.open_charge is None:
        return _back(fact)
    invoice = invoices.invoice(fact.open_charge.invoice_ref)
    provider = request.POST.get("provider") or fact.provider
    wallet = next((one for one in wallets(invoice) if one.provider == provider), None)
    code = codes.written(request.POST.get("code", ""))
    if wallet is None:
        messages.warning(request, str(wording.GONE))
    elif code is None or (wallet.needs_code and not code):
        messages.warning(request, codes.shape() if code is None else codes.missing(wallet))
    else:
        try:
            return lead_on(attempts.again(invoice=invoice, provider=provider, code=code or None))
        except payments.WalletResting:
            messages.warning(request, str(wording.RESTING))
        except payments.TooManyAttempts:
            messages.warning(request, str(wording.CROWDED))
        except (configuration.NoRoute, payment_queries.AmountOutOfRange):
            messages.warning(request, str(wording.GONE))
    return _back(fact)


@never_cache
@require_POST
def cancel(request: HttpRequest, subscription_ref: str) -> HttpResponse:
    """End it when what is paid is used up; what is not paid is forgotten."""
    fact = find(subscription_ref)
    at = queries.now_of(fact, at=timezone.now())
    try:
        operations.cancel(subscription_ref=fact.id, by=CUSTOMER, at=at)
    except operations.SubscriptionEnded:
        return _back(fact)
    except operations.PaymentOnItsWay:
        messages.warning(request, _("Votre paiement vient d’arriver : regardez cette page avant de décider."))
        return _back(fact)
    messages.success(request, _("C’est noté : rien ne vous sera plus demandé pour cet abonnement."))
    return _back(fact)


@never_cache
@require_POST
def resume(request: HttpRequest, subscription_ref: str) -> HttpResponse:
    """Go on after all: after a pause, or instead of ending."""
    fact = find(subscription_ref)
    at = queries.now_of(fact, at=timezone.now())
    try:
        operations.resume(subscription_ref=fact.id, by=CUSTOMER, at=at)
    except operations.SubscriptionEnded:
        return _back(fact)
    messages.success(request, _("Votre abonnement continue."))
    return _back(fact)


@never_cache
@require_POST
def asks(request: HttpRequest, subscription_ref: str) -> HttpResponse:
    """No message and no request any more, or again."""
    fact = find(subscription_ref)
    at = queries.now_of(fact, at=timezone.now())
    wish = operations.ask_again if request.POST.get("again") else operations.stop_asking
    try:
        wish(subscription_ref=fact.id, by=CUSTOMER, at=at)
    except operations.SubscriptionEnded:
        return _back(fact)
    return _back(fact)


def find(subscription_ref: str) -> SubscriptionFact:
    """The subscription, or a 404."""
    if not ids.looks_like(subscription_ref, "sub"):
        raise Http404
    try:
        return queries.subscription(subscription_ref)
    except operations.NoSuchSubscription:
        raise Http404 from None


def _noticed(fact: SubscriptionFact) -> SubscriptionFact:
    """Whoever comes back from paying sees it at once, not after the next sweep."""
    at = queries.now_of(fact, at=timezone.now())
    if fact.open_charge and operations.settle_one(subscription_ref=fact.id, at=at):
        return queries.subscription(fact.id)
    return fact


def _to_pay(fact: SubscriptionFact) -> dict[str, object]:
    if fact.open_charge is None:
        return {"invoice": None}
    invoice = invoices.invoice(fact.open_charge.invoice_ref)
    options: tuple[OptionFact, ...] = wallets(invoice)
    return {
        "invoice": invoice,
        "one_tap": next(
            (one for one in options if one.provider == fact.provider and not (one.is_resting or one.needs_code)), None
        ),
        "chosen": fact.provider,
        **choices(options),
    }


def _last_day(fact: SubscriptionFact) -> date | None:
    """The last one that is read as things stand: people count it in."""
    ends = {State.TRIALING: fact.trial_ends_on, State.GRACE: fact.grace_ends_on}
    until = ends.get(State(fact.state), fact.ends_on)
    return until - _DAY if until else None


def _title(plan_ref: str) -> str:
    plan = queries.plan(plan_ref)
    return plan.title_en if (get_language() or "fr").startswith("en") else plan.title


def _every(interval: str, count: int) -> str:
    match interval:
        case "day":
            return ngettext("par jour", "tous les %(count)d jours", count) % {"count": count}
        case "week":
            return ngettext("par semaine", "toutes les %(count)d semaines", count) % {"count": count}
        case "month":
            return ngettext("par mois", "tous les %(count)d mois", count) % {"count": count}
        case "quarter":
            return ngettext("par trimestre", "tous les %(count)d trimestres", count) % {"count": count}
        case _:
            return ngettext("par an", "tous les %(count)d ans", count) % {"count": count}


def _back(fact: SubscriptionFact) -> HttpResponse:
    return redirect_303("billing_web:subscription", fact.id)
