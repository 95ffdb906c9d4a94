"""Everything that changes prices. Reads no clock: callers pass `at`."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from moneyed import Money

from billing.ids import new_id
from billing.money import to_minor
from billing.pricing.facts import PriceFact
from billing.pricing.models import Price


class NotAPrice(Exception):
    """A price is more than zero and in the currency it is set for."""


class BackdatedPrice(Exception):
    """A price cannot begin before it is set: what readers saw on a past day stays what it was."""


class PriceAlreadyPlanned(Exception):
    """Another price is already set to begin at or after that moment; two would be valid at once."""


@transaction.atomic
def set_price(
    *, edition_ref: str, country: str, currency: str, amount: Money, at: datetime, valid_from: datetime | None = None
) -> PriceFact:
    """Set the tax-inclusive price from `valid_from` (`at` when not given) on, closing the one before.

    `country` is ISO 3166 alpha-2, or `*` for wherever no own price is set. The same price again is the one there.

    :raises NotAPrice: not more than zero, or another currency.
    :raises BackdatedPrice: it would begin in the past.
    :raises PriceAlreadyPlanned: a later price is set already; nothing was changed.
    """
    begins = valid_from or at
    if str(amount.currency.code) != currency or amount.amount <= 0:
        raise NotAPrice(f"{edition_ref}: {amount.amount} {amount.currency.code} as a price in {currency}")
    if begins < at:
        raise BackdatedPrice(f"{edition_ref}: would begin at {begins}, before it is set at {at}")
    former = _valid_at(edition_ref, country, currency, begins)
    if former is not None:
        if former.amount_minor == to_minor(amount):
            return former.as_fact()
        _close(former, begins)
    row = Price(edition_ref=edition_ref, country=country, currency=currency, amount_minor=to_minor(amount))
    row.id, row.valid_from, row.recorded_at = new_id("prc", at), begins, at
    return _insert(row)


def _valid_at(edition_ref: str, country: str, currency: str, moment: datetime) -> Price | None:
    return (
        Price.objects.filter(edition_ref=edition_ref, country=country, currency=currency, valid_from__lte=moment)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
        .select_for_update()
        .first()
    )


def _close(former: Price, moment: datetime) -> None:
    if former.valid_to is not None:
        raise PriceAlreadyPlanned(f"{former.edition_ref}: the price already changes at {former.valid_to}")
    former.valid_to = moment
    former.save(update_fields=["valid_to"])


def _insert(row: Price) -> PriceFact:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "price_no_overlap" not in str(error):
            raise
        message = f"{row.edition_ref}: another price in {row.country} begins at or after {row.valid_from}"
        raise PriceAlreadyPlanned(message) from error
    return row.as_fact()
