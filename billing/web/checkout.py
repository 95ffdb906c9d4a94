"""Buying one edition: the form, and where sending it leads."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import billing.configuration.queries as configuration
import billing.invoices.queries as invoices
import billing.payments.queries as payments
from billing.invoices.facts import Customer
from billing.invoices.operations import NothingToPay
from billing.payments.facts import OptionFact, PaymentFact
from billing.payments.operations import TooManyAttempts, WalletResting
from billing.payments.states import OPEN
from billing.pricing.queries import CouponRefused
from billing.web import attempts, codes, country, offers, storefront, submissions, wording
from billing.web.checkout_form import CheckoutForm
from billing.web.offers import Offer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, edition_ref: str) -> HttpResponse:
    """Draw the form; sent and right, start the payment and lead to what the payer does next."""
    where = country.chosen(request)
    try:
        offer, refused = _offered(request, edition_ref, where)
    except offers.NotSoldHere:
        card = offers.card(edition_ref=edition_ref, country=where)
        return render(request, "billing_web/not_sold_here.html", {"card": card, **storefront.shop(request)})
    if request.method == "POST" and not _owned(request, offer) and "apply" not in request.POST:
        return _sent(request, offer, where, refused)
    known = {**_known(request, offer), **{name: str(value) for name, value in request.POST.items()}}
    if refused:
        messages.warning(request, str(refused))
    return _drawn(request, offer, CheckoutForm(initial=known, country=where, wallets=offer.wallets))


@never_cache
@require_safe
def started(request: HttpRequest, edition_ref: str, key: str) -> HttpResponse:
    """Where a second click waits for the first one to be done."""
    if not submissions.is_key(key):
        raise Http404
    try:
        payment_ref = submissions.outcome(key=key, at=timezone.now())
    except submissions.StillRunning:
        return render(request, "billing_web/starting.html")
    if payment_ref is None:
        return redirect("billing_web:checkout", edition_ref)
    return lead_on(payments.payment(payment_ref))


def lead_on(payment: PaymentFact) -> HttpResponseRedirect:
    """To the wallet's own page when the payer decides there, else to our waiting page. 303: a reload is harmless."""
    action = payment.next_action
    if payment.state in OPEN and action.kind == "redirect" and action.url:
        return HttpResponseRedirect(action.url, status=303)
    return redirect_303("billing_web:payment", payment.id)


def redirect_303(name: str, *arguments: str) -> HttpResponseRedirect:
    """To one of our pages, with a GET whatever the method was."""
    response = redirect(name, *arguments)
    response.status_code = 303
    return response


def _offered(request: HttpRequest, edition_ref: str, where: str) -> tuple[Offer, wording.Text]:
    """The offer with the coupon that was typed, or without it and why it does not count.

    :raises NotSoldHere: the edition cannot be sold there.
    """
    code = request.POST.get("coupon", "")[:40]
    try:
        return offers.offer(edition_ref=edition_ref, country=where, coupon_code=code), ""
    except CouponRefused as error:
        reason = wording.coupon(error.reason)
    except NothingToPay:
        reason = wording.NOTHING_LEFT
    return offers.offer(edition_ref=edition_ref, country=where), reason


def _sent(request: HttpRequest, offer: Offer, where: str, refused: wording.Text) -> HttpResponse:
    form = CheckoutForm(request.POST, country=where, wallets=offer.wallets)
    if form.is_valid() and refused:
        form.add_error("coupon", str(refused))
    elif form.is_valid() and form.cleaned_data["shown"] != offer.price_text:
        changed = _("Le prix a changé depuis que cette page s’est ouverte. Voici le prix actuel.")
        form.add_error(None, str(wording.APPLIED) if offer.quote.coupon_code else changed)
    if not form.is_valid():
        return _drawn(request, offer, form, status=422)
    try:
        payment_ref = submissions.claim(key=form.cleaned_data["key"], at=timezone.now())
    except submissions.StillRunning:
        return redirect_303("billing_web:checkout_started", offer.quote.edition_ref, form.cleaned_data["key"])
    if payment_ref:
        return lead_on(payments.payment(payment_ref))
    return _begun(request, offer, form, where)


def _begun(request: HttpRequest, offer: Offer, form: CheckoutForm, where: str) -> HttpResponse:
    given = form.cleaned_data
    customer = _customer(request, form, where)
    try:
        payment = attempts.begin(
            key=given["key"],
            customer=customer,
            offer=offer,
            provider=given["provider"],
            code=given["code"] or None,
        )
    except WalletResting:
        form.add_error("provider", wording.RESTING)
        return _drawn(request, offer, form, status=503)
    except (configuration.NoRoute, payments.AmountOutOfRange):
        form.add_error("provider", wording.GONE)
        return _drawn(request, offer, form, status=422)
    except TooManyAttempts:
        form.add_error("phone", wording.CROWDED)
        return _drawn(request, offer, form, status=429)
    except CouponRefused as error:
        form.add_error("coupon", str(wording.coupon(error.reason)))
        return _drawn(request, offers.offer(edition_ref=offer.quote.edition_ref, country=where), form, status=422)
    return lead_on(payment)


def _customer(request: HttpRequest, form: CheckoutForm, where: str) -> Customer:
    given = form.cleaned_data
    return Customer(
        name=given["name"],
        country=where,
        phone=given["phone"],
        email=given["email"] or None,
        language=(get_language() or "fr")[:2],
        user_ref=str(request.user.pk) if request.user.is_authenticated else None,
    )


def _owned(request: HttpRequest, offer: Offer) -> bool:
    """Whether a signed-in reader has the book: nobody is sold it twice."""
    user = request.user
    return user.is_authenticated and offer.quote.edition_ref in invoices.paid_editions_of(str(user.pk))


def _known(request: HttpRequest, offer: Offer) -> dict[str, str]:
    """What need not be asked again."""
    known = {"provider": offer.wallets[0].provider} if len(offer.wallets) == 1 else {}
    if request.user.is_authenticated:
        known |= {"name": request.user.name, "email": request.user.email}
    return known


def choices(wallets: tuple[OptionFact, ...]) -> dict[str, object]:
    """What the list of wallets and the field for a code are drawn from."""
    return {
        "wallets": [(wallet, wording.action(wallet.next_action_kind)) for wallet in wallets],
        "coded": [wallet for wallet in wallets if codes.takes(wallet)],
    }


def _phone(form: CheckoutForm) -> str | None:
    """The number that was typed, if it is one."""
    return form.cleaned_data.get("phone") if form.is_bound else None


def _chosen(form: CheckoutForm, wallets: tuple[OptionFact, ...]) -> str:
    """The wallet the payer chose; before that the one their number seems to belong to; never one that rests."""
    awake = [wallet.provider for wallet in wallets if not wallet.is_resting]
    asked = str(form["provider"].value() or "")
    suggested = [wallet.provider for wallet in wallets if wallet.is_suggested and wallet.provider in awake]
    return asked if asked in awake else next(iter(suggested), "")


def _drawn(request: HttpRequest, offer: Offer, form: CheckoutForm, status: int = 200) -> HttpResponse:
    wallets = offers.wallets_for(offer.quote, payer_phone=_phone(form))
    context = {
        "offer": offer,
        "form": form,
        "example_phone": country.example_phone(offer.quote.country),
        "chosen": _chosen(form, wallets),
        **choices(wallets),
        "key": submissions.new_key(timezone.now()),
        "owned": _owned(request, offer),
        **storefront.shop(request),
    }
    return render(request, "billing_web/checkout.html", context, status=status)
