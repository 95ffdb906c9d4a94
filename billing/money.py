"""Exact money: minor units, rounding, splitting, parsing. Pure; knows no Django.

Rules (docs: the architecture's money section): the domain type is `moneyed.Money`; the ledger counts minor units;
intermediate values are `Fraction`; rounding happens once, half away from zero; `allocate` always sums to the whole.
"""

import re
from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from babel.core import get_global
from moneyed import Currency, Money, get_currency

Key = TypeVar("Key", bound=Hashable)

# PostgreSQL's BIGINT, in which the ledger counts.
MINOR_MAX = 2**63 - 1

_PLAIN_NUMBER = re.compile(r"\A-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?\Z")


class NotAnAmount(ValueError):
    """The text is no amount of that currency; the message says what is wrong."""


class NothingToShareBy(ValueError):
    """All weights are zero, or one is negative: there is no rule to split by."""


def exponent(currency: str) -> int:
    """How many decimals the currency has: 0 for XOF and XAF, 2 for EUR and USD, 3 for TND (ISO 4217, through CLDR).

    :raises NotAnAmount: no such currency.
    """
    if currency not in get_global("all_currencies"):
        raise NotAnAmount(f"{currency!r} is not an ISO 4217 currency")
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


def to_minor(money: Money) -> int:
    """Whole minor units of an amount that has no smaller part.

    :raises NotAnAmount: the amount is finer than the currency's smallest unit, or beyond the ledger's range.
    """
    code = str(money.currency.code)
    scaled = Decimal(money.amount).scaleb(exponent(code))
    minor = int(scaled)
    if minor != scaled:
        raise NotAnAmount(f"{money.amount} {code} has more decimals than the currency")
    if abs(minor) > MINOR_MAX:
        raise NotAnAmount(f"{money.amount} {code} is beyond the ledger's range")
    return minor


def from_minor(minor: int, currency: str) -> Money:
    """The amount that many minor units make."""
    return Money(Decimal(minor).scaleb(-exponent(currency)), get_currency(currency))


def parse(amount: str, currency: str) -> Money:
    """An amount as it travels: plain digits, a point, no exponent, no sign but minus, no leading zeros.

    :raises NotAnAmount: anything else, or more decimals than the currency has.
    """
    if not isinstance(amount, str) or not _PLAIN_NUMBER.match(amount):
        raise NotAnAmount(f"{amount!r} is not a plain decimal number in a string")
    places = len(amount.partition(".")[2])
    if places > exponent(currency):
        raise NotAnAmount(f"{amount} has more decimals than {currency} allows ({exponent(currency)})")
    money = Money(Decimal(amount), Currency(currency))
    to_minor(money)
    return money


def plain(minor: int, currency: str) -> str:
    """The text form that travels: `"1500"`, `"12.50"`."""
    return str(Decimal(minor).scaleb(-exponent(currency)).quantize(Decimal(1).scaleb(-exponent(currency))))


def round_half_up(value: Fraction) -> int:
    """The nearest whole number; halves go away from zero, for negatives too."""
    magnitude, rest = divmod(abs(value.numerator), value.denominator)
    if 2 * rest >= value.denominator:
        magnitude += 1
    return magnitude if value >= 0 else -magnitude


def allocate(total: int, weights: Mapping[Key, int | Fraction]) -> dict[Key, int]:
    """Split `total` in proportion to `weights`; the parts always sum to `total`.

    Largest remainder; ties go to the larger weight, then to the smaller key as text. The order of `weights` changes
    nothing, and a negative total is the mirror of the positive one.

    :raises NothingToShareBy: no positive weight, or a negative one.
    """
    if any(weight < 0 for weight in weights.values()) or not any(weights.values()):
        raise NothingToShareBy("a split needs weights of which none is negative and one is positive")
    whole = sum(Fraction(weight) for weight in weights.values())
    exact = {key: Fraction(abs(total)) * Fraction(weight) / whole for key, weight in weights.items()}
    parts = {key: share.numerator // share.denominator for key, share in exact.items()}
    missing = abs(total) - sum(parts.values())
    by_claim = sorted(exact, key=lambda key: (parts[key] - exact[key], -Fraction(weights[key]), str(key)))
    for key in by_claim[:missing]:
        parts[key] += 1
    return parts if total >= 0 else {key: -part for key, part in parts.items()}


def convert(minor: int, source: str, target: str, rate: Fraction) -> int:
    """Minor units of `target` for `minor` units of `source`, rounded once; `rate` is target per source, major units."""
    scale = Fraction(10) ** (exponent(target) - exponent(source))
    return round_half_up(Fraction(minor) * rate * scale)
