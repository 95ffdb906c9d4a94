"""What a coupon takes off, and whether it may. Pure, whole minor units.

A percentage is taken off each line and rounded once, half-up; an amount is shared over the lines by largest remainder.
Neither ever takes more than there is.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from billing.configuration.facts import PriceListFact
from billing.money import allocate, round_half_up
from billing.pricing.facts import CouponFact


class Refusal(StrEnum):
    """Why a coupon does not count."""

    UNKNOWN = "unknown"
    SWITCHED_OFF = "switched_off"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    USED_UP = "used_up"
    USED_BEFORE = "used_before"  # by this customer, who may use it once
    NO_CUSTOMER = "no_customer"  # once a customer, and nothing tells this one from others
    OTHER_CURRENCY = "other_currency"
    OTHER_COUNTRY = "other_country"
    OTHER_SUBJECT = "other_subject"  # for other editions or plans
    PERIODS_OVER = "periods_over"  # it was for the first periods of a subscription


def refusal(
    coupon: CouponFact, *, subject_refs: Sequence[str], country: str, currency: str, period_number: int, at: datetime
) -> Refusal | None:
    """Why the coupon does not count for such a sale, None when it does. The first reason that holds."""
    reasons = (
        (Refusal.SWITCHED_OFF, coupon.switched_off_at is not None and coupon.switched_off_at <= at),
        (Refusal.NOT_YET, at < coupon.valid_from),
        (Refusal.EXPIRED, coupon.valid_to is not None and at >= coupon.valid_to),
        (Refusal.OTHER_COUNTRY, bool(coupon.countries) and country not in coupon.countries),
        (Refusal.OTHER_CURRENCY, bool(coupon.currency) and currency != coupon.currency),
        (Refusal.OTHER_SUBJECT, not any(covers(coupon, ref) for ref in subject_refs)),
        (Refusal.PERIODS_OVER, coupon.period_count is not None and period_number > coupon.period_count),
    )
    return next((reason for reason, holds in reasons if holds), None)


def covers(coupon: CouponFact, subject_ref: str) -> bool:
    """Whether that edition or plan is one the coupon is for."""
    return not coupon.subjects or subject_ref in coupon.subjects


def percent_off(*, unit_minor: int, quantity: int, rate: Fraction, price_list: PriceListFact | None = None) -> int:
    """What a percentage takes off a line. With a price list, each piece ends as its prices do, never dearer."""
    if price_list is None:
        return round_half_up(unit_minor * quantity * rate)
    piece = unit_minor - round_half_up(unit_minor * rate)
    return (unit_minor - charmed(piece, price_list)) * quantity


def amount_off(grosses: Sequence[int], amount_minor: int) -> tuple[int, ...]:
    """An amount over lines of these prices, each its part: together the amount, or all there is."""
    whole = sum(grosses)
    if whole == 0:
        return tuple(0 for _ in grosses)
    parts = allocate(min(amount_minor, whole), dict(enumerate(grosses)))
    return tuple(parts[place] for place in range(len(grosses)))


def charmed(minor: int, price_list: PriceListFact) -> int:
    """The largest amount not above `minor` that ends as the list's prices do; `minor` itself when there is none.

    Steps of 100 ending in 95: 1 275 becomes 1 195. Always down, so that the buyer is never asked more.
    """
    lower = minor - (minor - price_list.ending_minor) % price_list.step_minor
    return lower if lower > 0 else minor
