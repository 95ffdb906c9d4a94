"""Turns a line's inputs into what its page prints."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language

from billing.money import exponent
from royalties.explain import Step


def exact_amount(steps: Sequence[Step], currency: str) -> str:
    """The royalty before it was rounded, in major units; endless decimals are cut and end with an ellipsis."""
    exact = next(step.exact for step in steps if step.exact is not None)
    scaled = Fraction(exact) / 10 ** exponent(currency)
    places = exponent(currency) + 4
    is_whole = (scaled * 10**places).denominator == 1
    return _decimal(scaled, places=places) + ("" if is_whole else "…")


def exact_rate(rate: Fraction) -> str:
    """`70 %` where two decimals say it all, else the fraction: `2/3`."""
    percents = rate * 100
    if (percents * 100).denominator != 1:
        return str(rate)
    # French and most others part the sign from the figure; the space must not break.
    gap = "" if (get_language() or "fr").startswith("en") else "\u202f"
    return f"{_decimal(percents, places=2)}{gap}%"


def contract(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The clause a line applied, with its dates as dates."""
    clause = inputs["contract"]
    return {
        **clause,
        "valid_from": date.fromisoformat(clause["valid_from"]),
        "valid_to": date.fromisoformat(clause["valid_to"]) if clause["valid_to"] else None,
    }


def _decimal(value: Fraction, *, places: int) -> str:
    """The value cut (not rounded) after so many decimals, without zeros at the end."""
    cut = Decimal(int(value * 10**places)).scaleb(-places)
    whole = cut == cut.to_integral_value()
    return str(number_format(cut.to_integral_value() if whole else cut.normalize(), use_l10n=True, force_grouping=True))
