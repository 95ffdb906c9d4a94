"""What a part of a period is worth, in minor units. Pure.

A total is spread over its days so that what the first k days are worth is `total · k / days`, rounded once, half away
from zero. Any cut of a period into stretches therefore sums to the total exactly, and no stretch is off by more than
one unit. (`money.allocate` with equal weights sums too, but gives all that is left over to the first days: 18 000 over
a year would be 78 francs too much by the end of April.)
"""

from fractions import Fraction

from billing.money import round_half_up


class NotWithin(ValueError):
    """The days do not lie within the period."""


def through(total_minor: int, *, day_count: int, days: int) -> int:
    """What the first `days` of `day_count` are worth.

    :raises NotWithin: fewer than none, or more than there are.
    """
    if day_count < 1 or not 0 <= days <= day_count:
        raise NotWithin(f"{days} of {day_count} days")
    return round_half_up(Fraction(total_minor * days, day_count))


def unused(total_minor: int, *, day_count: int, used: int) -> int:
    """What is left when `used` days are over: the whole less what they were worth."""
    return total_minor - through(total_minor, day_count=day_count, days=used)


def stretch(total_minor: int, *, day_count: int, since: int, until: int) -> int:
    """What the days from `since` up to but not `until` are worth, counted from 0."""
    return through(total_minor, day_count=day_count, days=until) - through(total_minor, day_count=day_count, days=since)
