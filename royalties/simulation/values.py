"""The small values of a scenario: amounts, rates, days, and the path of what is wrong. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from billing.money import exponent, parse, to_minor
from royalties.simulation.refusals import BadScenario
from royalties.simulation.scenario import Amount, Dated

Json = Mapping[str, Any]


@contextmanager
def at(path: str) -> Iterator[None]:
    """Whatever is refused inside is told with the path."""
    try:
        yield
    except BadScenario:
        raise
    except ValueError as wrong:
        raise BadScenario([f"{path}: {wrong}"]) from wrong


def amount(data: Json) -> Amount:
    """
    :raises billing.money.NotAnAmount: no such currency, or finer than its smallest unit.
    """
    return Amount(to_minor(parse(data["amount"], data["currency"])), data["currency"])


def price(data: Json) -> Fraction:
    """Minor units of a price that may be finer than they are."""
    return Fraction(data["amount"]) * Fraction(10) ** exponent(data["currency"])


def in_currency(data: Json, currency: str) -> int:
    """Minor units of an amount that must be in that currency, and not negative.

    :raises ValueError: it is in another, or negative.
    """
    found = amount(data)
    if found.minor < 0:
        raise ValueError(f"{data['amount']} {currency} is negative")
    if found.currency != currency:
        raise ValueError(f"is in {found.currency}, the rest in {currency}")
    return found.minor


def rate(text: str) -> Fraction:
    """`"12.5%"`, `"0.125"` or `"1/8"`."""
    plain = text.replace("%", "").strip()
    return Fraction(plain) / 100 if "%" in text else Fraction(plain)


def day(text: str) -> date:
    return date.fromisoformat(text)


def term(data: Json) -> Dated:
    """`from` and `to`, both days included; either may be left out."""
    return Dated(day(data["from"]) if "from" in data else None, after(data.get("to")))


def after(last_day: str | None) -> date | None:
    """The first day something no longer holds."""
    if not last_day:
        return None
    if (found := day(last_day)) == date.max:
        raise ValueError(f"{last_day} has no day after it; leave `to` out")
    return found + timedelta(days=1)


def known(name: str, names: Iterable[str], what: str) -> str:
    """
    :raises ValueError: the file has no such thing.
    """
    if name not in names:
        raise ValueError(f"the file has no {what} {name!r}")
    return name


def once(data: Json, section: str) -> list[tuple[str, Json]]:
    """The section's entries with their paths. The same entry again, under the same id, is there once.

    :raises BadScenario: one id with two contents.
    """
    seen: dict[str, Json] = {}
    entries = []
    for place, entry in enumerate(data.get(section, ())):
        path = f"$.{section}[{place}]"
        if "id" in entry:
            if entry["id"] in seen:
                if seen[entry["id"]] != entry:
                    raise BadScenario([f"{path}: id {entry['id']!r} was used before for something else"])
                continue
            seen[entry["id"]] = entry
        entries.append((path, entry))
    return entries
