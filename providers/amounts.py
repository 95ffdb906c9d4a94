"""Amounts on the wire: each provider writes them its own way, none of them as a binary float. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

# Decimals of the currencies our providers settle in (ISO 4217). The port imports nothing, so the list is here.
EXPONENTS = {
    **dict.fromkeys(("XOF", "XAF", "GNF", "UGX", "RWF", "OUV"), 0),  # OUV: the fictitious unit of Orange's sandbox
    **dict.fromkeys(
        ("CDF", "GMD", "SLE", "EUR", "USD", "GHS", "ZMW", "SZL", "ZAR", "LRD", "SSP", "NGN", "MGA", "BWP"), 2
    ),
}

_DECIMAL_TEXT = re.compile(r"\A-?[0-9]{1,18}(\.[0-9]{1,4})?\Z")


class WireAmount(StrEnum):
    """How a provider wants amounts written."""

    TEXT = "text"  # "1500"
    NUMBER = "number"  # 1500


class UnreadableAmount(ValueError):
    """What the provider sent is no amount of that currency."""


class NotWhole(ValueError):
    """An amount with a part of a unit, for a provider that writes whole numbers."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of one currency."""

    minor: int
    currency: str


def to_text(amount: Amount) -> str:
    """Major units as text with exactly the currency's decimals: `"1500"` XOF, `"12.50"` EUR."""
    places = EXPONENTS[amount.currency]
    return str(Decimal(amount.minor).scaleb(-places).quantize(Decimal(1).scaleb(-places)))


def from_text(text: str, currency: str) -> Amount:
    """Read major units from text. Trailing zero decimals are allowed (`"1500.00"`), a finer part is not.

    :raises UnreadableAmount: not a plain decimal, finer than the currency, or a currency nobody told us of.
    """
    if currency not in EXPONENTS:
        raise UnreadableAmount(f"currency {currency!r} is unknown to the provider port")
    if not isinstance(text, str) or not _DECIMAL_TEXT.match(text):
        raise UnreadableAmount(f"{text!r} is not a plain decimal")
    scaled = Decimal(text).scaleb(EXPONENTS[currency])
    if scaled != int(scaled):
        raise UnreadableAmount(f"{text} is finer than {currency} allows")
    return Amount(int(scaled), currency)


def to_number(amount: Amount) -> int:
    """Whole major units.

    :raises NotWhole: there is a part of a unit.
    """
    unit: int = 10 ** EXPONENTS[amount.currency]
    whole, rest = divmod(amount.minor, unit)
    if rest:
        raise NotWhole(f"{amount.minor} minor units of {amount.currency} are no whole units")
    return whole


def from_number(number: int | Decimal, currency: str) -> Amount:
    """Read major units from a JSON number, which `strict_json` gives as int or Decimal: `1500`, `10.0`.

    :raises UnreadableAmount: as `from_text`.
    """
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        raise UnreadableAmount(f"{number!r} is not a number")
    return from_text(f"{number:f}" if isinstance(number, Decimal) else str(number), currency)


def from_either(value: str | int | Decimal, currency: str) -> Amount:
    """Read major units from whichever of the two the provider sent.

    :raises UnreadableAmount: as `from_text`.
    """
    return from_text(value, currency) if isinstance(value, str) else from_number(value, currency)
