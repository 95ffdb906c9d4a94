"""How amounts, dates and rates are written for people, by language. Exact: integers and fractions, never floats. Pure.

French shapes are the fallback for languages that have none of their own here.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from babel.dates import format_date

from billing.money import exponent

NARROW = "\u202f"  # a space that never breaks, for digits that belong together
NO_BREAK = "\u00a0"
MINUS = "\u2212"
MISSING = "—"

# XOF and XAF are different currencies that people write alike; where both may stand together use `currency_label`.
_SIGNS = {"XOF": f"F{NO_BREAK}CFA", "XAF": f"F{NO_BREAK}CFA", "EUR": "€"}
_LABELS = {"XOF": "F CFA (XOF)", "XAF": "F CFA (XAF)", "EUR": "€ (EUR)"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a language does with figures."""

    group: str
    decimal: str
    sign_first: bool  # £12 and not 12 £
    dollar: str
    before_percent: str
    at: str  # between date and time


_FRENCH = Shape(group=NARROW, decimal=",", sign_first=False, dollar="$US", before_percent=NARROW, at=" à ")
_ENGLISH = Shape(group=",", decimal=".", sign_first=True, dollar="$", before_percent="", at=" at ")


def shape_of(language: str) -> Shape:
    """The shape for a language tag such as `en` or `en-gb`."""
    return _ENGLISH if _base(language) == "en" else _FRENCH


def money(minor: int | None, currency: str, language: str) -> str:
    """`1 500 F CFA`, `−12,50 €`; in English `1,500 F CFA`, `€12.50`."""
    if minor is None:
        return MISSING
    shape = shape_of(language)
    sign = _sign(currency, shape)
    figures = _figures(abs(minor), exponent(currency), shape)
    # A sign made of letters stands behind in English too, as people in the CFA zone write it.
    text = f"{sign}{figures}" if shape.sign_first and not sign[-1].isalpha() else f"{figures}{NO_BREAK}{sign}"
    return f"{MINUS}{text}" if minor < 0 else text


def money_plain(minor: int | None, currency: str, language: str) -> str:
    """The figures alone, for a column whose header names the currency."""
    if minor is None:
        return MISSING
    figures = _figures(abs(minor), exponent(currency), shape_of(language))
    return f"{MINUS}{figures}" if minor < 0 else figures


def currency_label(currency: str) -> str:
    """A currency in a column header, telling XOF from XAF."""
    return _LABELS.get(currency, currency)


def date_long(value: date | None, language: str) -> str:
    """`3 novembre 2026`, `3 November 2026`."""
    return MISSING if value is None else _ordinal_first(format_date(value, "long", _locale(language)), language)


def moment(value: datetime | None, language: str) -> str:
    """`3 nov. 2026 à 14:12`, in the zone the value carries."""
    if value is None:
        return MISSING
    day = _ordinal_first(format_date(value, "medium", _locale(language)), language)
    return f"{day}{shape_of(language).at}{value:%H:%M}"


def month_name(period: str, language: str) -> str:
    """`octobre 2026`, `October 2026`, for a period written `2026-10`."""
    return str(format_date(date.fromisoformat(f"{period}-01"), "LLLL y", _locale(language)))


def percent(rate: Fraction | Decimal | int | str | None, language: str) -> str:
    """`18 %`, `19,25 %`. A rate that no decimal can tell is rounded to two places and says so: `≈ 33,33 %`."""
    if rate is None:
        return MISSING
    if isinstance(rate, float):
        raise TypeError("a rate is a fraction, a decimal, a whole number or a text, never a float")
    hundredths = Fraction(rate) * 100
    places = next((n for n in range(7) if (hundredths * 10**n).denominator == 1), None)
    scaled = abs(hundredths) * 10 ** (2 if places is None else places)
    shape = shape_of(language)
    figures = _figures(round(scaled), 2 if places is None else places, shape)
    sign = MINUS if hundredths < 0 else ""
    about = f"≈{NO_BREAK}" if places is None else ""
    return f"{about}{sign}{figures}{shape.before_percent}%"


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _locale(language: str) -> str:
    return "en_GB" if _base(language) == "en" else "fr"  # day first, as English is written in West Africa


def _sign(currency: str, shape: Shape) -> str:
    return shape.dollar if currency == "USD" else _SIGNS.get(currency, currency)


def _figures(magnitude: int, places: int, shape: Shape) -> str:
    whole, rest = divmod(magnitude, 10**places)
    grouped = f"{whole:,}".replace(",", shape.group)
    return f"{grouped}{shape.decimal}{rest:0{places}d}" if places else grouped


def _ordinal_first(text: str, language: str) -> str:
    # French says the first of a month as an ordinal; CLDR's patterns cannot.
    if _locale(language) == "fr" and text.startswith("1 "):
        text = f"1er {text[2:]}"
    return text.replace(" ", NO_BREAK, 1)
