"""Counting the uses of coupons: one conditional UPDATE a use, whose row lock makes everybody else wait their turn.

Inside a transaction of `operations`, with the redemption's row locked where there is one.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from django.db.models import F, Q

from billing.ids import new_id
from billing.money import MINOR_MAX
from billing.pricing import discounts
from billing.pricing.discounts import Refusal
from billing.pricing.models import Coupon, Redemption
from billing.pricing.queries import CouponRefused

_CODE = re.compile(r"\A[A-Z0-9-]{4,40}\Z")


def wrong_field(row: Coupon, *, rate: Fraction) -> str:
    """What of a new coupon cannot be, nothing when all of it can."""
    rules = (
        ("code", not _CODE.match(row.code)),
        ("rate", not 0 <= rate <= 1 or bool(rate) == bool(row.amount_minor)),
        ("amount", not 0 <= row.amount_minor <= MINOR_MAX),
        ("period_count", row.period_count is not None and row.period_count < 1),
        ("uses_max", row.uses_max is not None and row.uses_max < 1),
        ("valid_to", row.valid_to is not None and row.valid_to <= row.valid_from),
    )
    return next((field for field, is_wrong in rules if is_wrong), "")


def hold_new(coupon_ref: str, holder_ref: str, customer_keys: Sequence[str], at: datetime) -> Redemption:
    """
    :raises CouponRefused: see `operations.redeem`.
    """
    _take_one_valid(coupon_ref, at)
    _refuse_used_before(coupon_ref, holder_ref, customer_keys)
    return Redemption.objects.create(
        id=new_id("rdm", at),
        coupon_id=coupon_ref,
        holder_ref=holder_ref,
        customer_keys=sorted(customer_keys),
        state="held",
        is_counted=True,
        held_at=at,
    )


def hold_again(row: Redemption, at: datetime) -> None:
    """
    :raises CouponRefused: see `operations.hold_again`.
    """
    _take_one_valid(row.coupon_id, at)
    _refuse_used_before(row.coupon_id, row.holder_ref, row.customer_keys)
    row.state, row.is_counted, row.held_at, row.ended_at = "held", True, at, None
    row.save(update_fields=["state", "is_counted", "held_at", "ended_at"])


def confirm(row: Redemption, at: datetime) -> None:
    # The money is there at the price that was promised: late, it counts if it can, and stands even if it cannot.
    row.is_counted = row.state == "held" or bool(_take_one(Q(pk=row.coupon_id)))
    row.state, row.ended_at = "redeemed", at
    row.save(update_fields=["state", "is_counted", "ended_at"])


def release(row: Redemption, at: datetime) -> None:
    Coupon.objects.filter(pk=row.coupon_id).update(uses_count=F("uses_count") - 1)
    row.state, row.is_counted, row.ended_at = "released", False, at
    row.save(update_fields=["state", "is_counted", "ended_at"])


def _take_one(which: Q) -> int:
    """Count one use, if one is left; the coupon's row is locked from here to the end of the transaction."""
    left = Q(uses_max__isnull=True) | Q(uses_count__lt=F("uses_max"))
    return Coupon.objects.filter(which & left).update(uses_count=F("uses_count") + 1)


def _take_one_valid(coupon_ref: str, at: datetime) -> None:
    in_time = Q(pk=coupon_ref, valid_from__lte=at, switched_off_at__isnull=True) & (
        Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    )
    if not _take_one(in_time):
        raise CouponRefused(_why_not(coupon_ref, at))


def _why_not(coupon_ref: str, at: datetime) -> Refusal:
    row = Coupon.objects.filter(pk=coupon_ref).first()
    if row is None:
        return Refusal.UNKNOWN
    coupon = row.as_fact()
    if coupon.switched_off_at is not None:
        return Refusal.SWITCHED_OFF
    over = discounts.refusal(
        coupon,
        subject_refs=coupon.subjects or ("",),
        country=next(iter(coupon.countries), ""),
        currency=coupon.currency,
        period_number=1,
        at=at,
    )
    return over or Refusal.USED_UP


def _refuse_used_before(coupon_ref: str, holder_ref: str, customer_keys: Sequence[str]) -> None:
    """Certain, because whoever uses the same coupon waits for its row, which we hold."""
    if not Coupon.objects.filter(pk=coupon_ref, once_per_customer=True).exists():
        return
    if not customer_keys:
        raise CouponRefused(Refusal.NO_CUSTOMER)
    used = Redemption.objects.filter(coupon_id=coupon_ref, customer_keys__overlap=list(customer_keys))
    if used.exclude(state="released").exclude(holder_ref=holder_ref).exists():
        raise CouponRefused(Refusal.USED_BEFORE)
