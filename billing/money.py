"""Exact money: minor units, rounding, splitting, parsing. Pure; knows no Django.

Rules (docs: the architecture's money section): the domain type is `moneyed.Money`; the ledger counts minor units;
intermediate values are `Fraction`; rounding happens once, half away from zero; `allocate` always sums to the whole.
Nothing here depends on the caller's decimal context: no digit is lost to a precision somebody set elsewhere.
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
_MINOR_DIGITS = len(str(MINOR_MAX))
# No rate between two currencies is near 10^30 or 10^-30; beyond, only the memory for its exact value is at stake.
_RATE_MAGNITUDE_MAX = 30

_PLAIN_NUMBER = re.compile(r"\A-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?\Z")


class NotAnAmount(ValueError):
    """The text is no amount of that currency; the message says what is wrong."""


class NothingToShareBy(ValueError):
    """All weights are zero, or one is negative: there is no rule to split by."""


class NotAnExactRate(ValueError):
    """A rate of exchange is a positive `Fraction` or `Decimal`: no float, not zero or negative, not NaN or Infinity."""


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

    :raises NotAnAmount: NaN or Infinity, finer than the currency's smallest unit, or beyond the ledger's range.
    """
    code = str(money.currency.code)
    amount = Decimal(money.amount)
    if not amount.is_finite():
        raise NotAnAmount(f"{amount} {code} is no number")
    sign, digits, _ = amount.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    if not significant:
        return 0
    # How far the last digit that counts is from the minor unit; integers from here on, however long the digits are.
    shift = amount.adjusted() - len(significant) + 1 + exponent(code)
    if shift < 0:
        raise NotAnAmount(f"{amount} {code} has more decimals than the currency")
    if len(significant) + shift > _MINOR_DIGITS:
        raise NotAnAmount(f"{amount} {code} is beyond the ledger's range")
    minor = int(significant) * 10**shift
    return _in_range(-minor if sign else minor, code)


def from_minor(minor: int, currency: str) -> Money:
    """The amount that many minor units make.

    :raises NotAnAmount: no such currency, or beyond the ledger's range.
    """
    decimals = exponent(currency)
    digits = tuple(int(digit) for digit in str(abs(_in_range(minor, currency))))
    return Money(Decimal((int(minor < 0), digits, -decimals)), get_currency(currency))


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
    """The text form that travels: `"1500"`, `"12.50"`. Totals may be larger than one account can hold."""
    decimals = exponent(currency)
    whole, rest = divmod(abs(minor), 10**decimals)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}}" if decimals else f"{sign}{whole}"


def round_half_up(value: Fraction) -> int:
    """The nearest whole number; halves go away from zero, for negatives too."""
    magnitude, rest = divmod(abs(value.numerator), value.denominator)
    if 2 * rest >= value.denominator:
        magnitude += 1
    return magnitude if value >= 0 else -magnitude


def allocate(total: int, weights: Mapping[Key, int | Fraction]) -> dict[Key, int]:
    """Split `total` in proportion to `weights`; the parts always sum to `total`.

    Largest remainder; ties go to the larger weight, then to the smaller key as text (keys of one text, such as 1 and
    "1", by the text that tells them apart). The order of `weights` changes nothing, and a negative total is the mirror
    of the positive one.

    :raises NothingToShareBy: no positive weight, or a negative one.
    """
    if any(weight < 0 for weight in weights.values()) or not any(weights.values()):
        raise NothingToShareBy("a split needs weights of which none is negative and one is positive")
    whole = sum(Fraction(weight) for weight in weights.values())
    exact = {key: Fraction(abs(total)) * Fraction(weight) / whole for key, weight in weights.items()}
    parts = {key: share.numerator // share.denominator for key, share in exact.items()}
    missing = abs(total) - sum(parts.values())
    by_claim = sorted(exact, key=lambda key: (parts[key] - exact[key], -Fraction(weights[key]), str(key), repr(key)))
    for key in by_claim[:missing]:
        parts[key] += 1
    return parts if total >= 0 else {key: -part for key, part in parts.items()}


def exact_rate(rate: Fraction | Decimal | int) -> Fraction:
    """The rate as an exact fraction.

    :raises NotAnExactRate: see the exception.
    """
    if isinstance(rate, bool) or not isinstance(rate, Fraction | Decimal | int):
        raise NotAnExactRate(f"{rate!r} is a {type(rate).__name__}, not an exact fraction or decimal")
    if isinstance(rate, Decimal) and not (rate.is_finite() and abs(rate.adjusted()) <= _RATE_MAGNITUDE_MAX):
        raise NotAnExactRate(f"{rate} is no rate of exchange")
    if rate <= 0:
        raise NotAnExactRate(f"a rate of exchange is positive, not {rate}")
    return Fraction(rate)


def convert_exactly(minor: int, source: str, target: str, rate: Fraction | Decimal) -> Fraction:
    """Minor units of `target` for `minor` units of `source`, not yet rounded; `rate` is target per source, major units.

    :raises NotAnAmount: no such currency, or `minor` is beyond the ledger's range.
    :raises NotAnExactRate: see the exception; also a currency into itself at a rate that is not 1.
    """
    exact = exact_rate(rate)
    if source == target and exact != 1:
        raise NotAnExactRate(f"{source} into {target} is at 1, not at {exact}")
    scale = Fraction(10) ** (exponent(target) - exponent(source))
    return _in_range(minor, source) * exact * scale


def convert(minor: int, source: str, target: str, rate: Fraction | Decimal) -> int:
    """Minor units of `target` for `minor` units of `source`, rounded once; `rate` is target per source, major units.

    :raises NotAnAmount: no such currency, or an amount on either side is beyond the ledger's range.
    :raises NotAnExactRate: see the exception; also a currency into itself at a rate that is not 1.
    """
    return _in_range(round_half_up(convert_exactly(minor, source, target, rate)), target)


def _in_range(minor: int, currency: str) -> int:
    if abs(minor) > MINOR_MAX:
        raise NotAnAmount(f"{minor} minor units of {currency} are beyond the ledger's range")
    return minor
