"""Everything that changes prices and coupons. Reads no clock: callers pass `at`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from django.db import IntegrityError, transaction
from django.db.models import Q
from moneyed import Money

from billing.ids import new_id
from billing.money import to_minor
from billing.pricing import redeeming
from billing.pricing.facts import CouponFact, PriceFact, RedemptionFact
from billing.pricing.models import Coupon, Price, Redemption
from billing.pricing.queries import CouponRefused as CouponRefused
from billing.pricing.queries import NoSuchCoupon as NoSuchCoupon
from billing.pricing.queries import spelled_code

# An invoice nobody has paid for so long gives its coupon back; a payment that still comes takes it again.
HELD_FOR = timedelta(hours=48)


class NotAPrice(Exception):
    """A price is more than zero and in the currency it is set for."""


class BackdatedPrice(Exception):
    """A price cannot begin before it is set: what readers saw on a past day stays what it was."""


class PriceAlreadyPlanned(Exception):
    """Another price is already set to begin at or after that moment; two would be valid at once."""


class NotACoupon(Exception):
    """A coupon takes off a part of the price, or an amount, never both; `field` is what is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class CouponExists(Exception):
    """The owner has a coupon of that code already, with other terms perhaps; it is never changed."""


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


def add_coupon(
    *,
    code: str,
    owner_ref: str,
    by: str,
    at: datetime,
    rate: Fraction = Fraction(0),
    amount: Money | None = None,
    currency: str = "",
    countries: Sequence[str] = (),
    subjects: Sequence[str] = (),
    period_count: int | None = None,
    once_per_customer: bool = False,
    uses_max: int | None = None,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> CouponFact:
    """Promise `rate` of the price, or `amount`, to who types `code` at one of `owner_ref`'s sales.

    :raises NotACoupon: neither or both of rate and amount, a code that cannot be typed, an end before the beginning …
    :raises CouponExists: the owner has one of that code.
    """
    row = Coupon(
        id=new_id("cpn", at),
        code=spelled_code(code),
        owner_ref=owner_ref,
        rate=f"{rate.numerator}/{rate.denominator}",
        amount_minor=to_minor(amount) if amount is not None else 0,
        currency=str(amount.currency.code) if amount is not None else currency,
        countries=sorted(set(countries)),
        subjects=sorted(set(subjects)),
        period_count=period_count,
        once_per_customer=once_per_customer,
        uses_max=uses_max,
        valid_from=valid_from or at,
        valid_to=valid_to,
        added_by=by,
        added_at=at,
    )
    if field := redeeming.wrong_field(row, rate=rate):
        raise NotACoupon(field)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "coupon_code_once" not in str(error):
            raise
        raise CouponExists(row.code) from error
    return row.as_fact()


def switch_off_coupon(*, coupon_ref: str, at: datetime) -> CouponFact:
    """From now on the coupon counts for no new sale; invoices that hold it keep it. Again: nothing happens.

    :raises NoSuchCoupon: no coupon has that id.
    """
    Coupon.objects.filter(pk=coupon_ref, switched_off_at__isnull=True).update(switched_off_at=at)
    row = Coupon.objects.filter(pk=coupon_ref).first()
    if row is None:
        raise NoSuchCoupon(coupon_ref)
    return row.as_fact()


@transaction.atomic
def redeem(*, coupon_ref: str, holder_ref: str, customer_keys: Sequence[str], at: datetime) -> RedemptionFact:
    """Hold one use for an invoice or a subscription, in the caller's transaction. The same holder again holds it once.

    `customer_keys` are what tells the customer from others (account, phone, e-mail), each unreadable.

    :raises CouponRefused: used up, over, switched off, or used before by that customer; nothing was changed.
    """
    held = Redemption.objects.filter(holder_ref=holder_ref).first()
    if held is None:
        return redeeming.hold_new(coupon_ref, holder_ref, customer_keys, at).as_fact()
    return hold_again(holder_ref=held.holder_ref, at=at) or held.as_fact()


@transaction.atomic
def hold_again(*, holder_ref: str, at: datetime) -> RedemptionFact | None:
    """Before another attempt to pay: take the use again that was given back when the last one failed.

    None where there is no coupon, or it is still held.

    :raises CouponRefused: others have used it up meanwhile, or its time is over.
    """
    row = Redemption.objects.select_for_update().filter(holder_ref=holder_ref, state="released").first()
    if row is None:
        return None
    redeeming.hold_again(row, at)
    return row.as_fact()


@transaction.atomic
def confirm(*, holder_ref: str, at: datetime) -> None:
    """The holder was paid. One that was given back meanwhile is taken again, and not counted if others used it up."""
    row = Redemption.objects.select_for_update().filter(holder_ref=holder_ref).exclude(state="redeemed").first()
    if row is not None:
        redeeming.confirm(row, at)


@transaction.atomic
def release(*, holder_ref: str, at: datetime) -> None:
    """The holder was not paid: somebody else may use the coupon. What is redeemed stays so."""
    row = Redemption.objects.select_for_update().filter(holder_ref=holder_ref, state="held").first()
    if row is not None:
        redeeming.release(row, at)


def release_forgotten(*, at: datetime, limit: int = 500) -> int:
    """Give back what invoices nobody pays hold (not subscriptions: theirs is for periods to come); how many."""
    old = Redemption.objects.filter(state="held", held_at__lte=at - HELD_FOR, holder_ref__startswith="inv_")
    holders = list(old.order_by("held_at").values_list("holder_ref", flat=True)[:limit])
    for holder_ref in holders:
        release(holder_ref=holder_ref, at=at)
    return len(holders)


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
