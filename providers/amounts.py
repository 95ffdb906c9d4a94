"""Amounts on the wire: each provider writes them its own way, none of them as a binary float. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal

# Decimals of the currencies our providers settle in (ISO 4217). The port imports nothing, so the list is here.
EXPONENTS = {"XOF": 0, "XAF": 0, "GNF": 0, "CDF": 2, "GMD": 2, "UGX": 0, "SLE": 2, "EUR": 2, "USD": 2}

_DECIMAL_TEXT = re.compile(r"\A-?[0-9]{1,18}(\.[0-9]{1,4})?\Z")


class UnreadableAmount(ValueError):
    """What the provider sent is no amount of that currency."""


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
