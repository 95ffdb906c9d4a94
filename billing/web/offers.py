"""What a checkout page sells: one edition, at one price, with the wallets that can pay it here."""

from dataclasses import dataclass

from django.http import Http404
from django.utils import timezone

import billing.configuration.queries as configuration
import billing.payments.queries as payments
import billing.pricing.queries as pricing
import billing.references.queries as references
import catalog.queries as catalog
from billing import ids
from billing.invoices.operations import NothingToPay
from billing.payments.facts import OptionFact
from billing.pricing.facts import Quote
from billing.web import storefront

OWNER = "web"  # whose sales these are: the shop's own


class NotSoldHere(Exception):
    """No price, no tax rule or no seller for this edition in the visitor's country."""


@dataclass(frozen=True, slots=True)
class Offer:
    card: storefront.Card
    quote: Quote
    wallets: tuple[OptionFact, ...]

    @property
    def price_text(self) -> str:
        """The price as the form carries it, so that a change since then is noticed."""
        return f"{self.quote.gross_minor} {self.quote.currency}"


def offer(*, edition_ref: str, country: str, coupon_code: str = "") -> Offer:
    """The edition's offer in that country now, less what the coupon takes off.

    :raises Http404: no such edition.
    :raises NotSoldHere: it cannot be sold there.
    :raises CouponRefused: the coupon does not count.
    :raises NothingToPay: it leaves nothing to pay.
    """
    now, shown = timezone.now(), card(edition_ref=edition_ref, country=country)
    if shown.price is None:
        raise NotSoldHere(edition_ref)
    try:
        quote = pricing.quote(
            edition_ref=edition_ref,
            country=country,
            currency=shown.price.currency,
            at=now,
            coupon_code=coupon_code,
            owner_ref=OWNER,
        )
        configuration.seller(country=country, at=now)
    except (pricing.NoPrice, configuration.NoTaxRule, configuration.NoSeller, references.UnknownBook):
        raise NotSoldHere(edition_ref) from None
    if quote.gross_minor == 0:
        raise NothingToPay(f"{quote.coupon_code} on {edition_ref}")
    wallets = payments.options(country=country, currency=quote.currency, amount_minor=quote.gross_minor, at=now)
    return Offer(shown, quote, wallets)


def wallets_for(quote: Quote, *, payer_phone: str | None) -> tuple[OptionFact, ...]:
    """The wallets again, now that the number is known: the one it seems to belong to comes first."""
    return payments.options(
        country=quote.country,
        currency=quote.currency,
        amount_minor=quote.gross_minor,
        payer_phone=payer_phone,
        at=timezone.now(),
    )


def card(*, edition_ref: str, country: str) -> storefront.Card:
    """The edition as the shop shows it.

    :raises Http404: no such edition.
    """
    if not ids.looks_like(edition_ref, "edn"):
        raise Http404
    try:
        edition = catalog.edition(edition_ref)
    except catalog.NoSuchEdition:
        raise Http404 from None
    (shown,) = storefront.cards([edition], country)
    return shown
