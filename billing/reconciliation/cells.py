"""One cell of a settlement file into a value: amounts, moments, phone numbers. Exact, and never guessing."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers

from billing import money, phones

_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")
_PHONES_REMEMBERED = 65_536
# Where each market's clock stands, for files that do not say. All of ours have one zone each.
_ZONES = {
    "SN": "Africa/Dakar", "CI": "Africa/Abidjan", "ML": "Africa/Bamako", "BF": "Africa/Ouagadougou",
    "GN": "Africa/Conakry", "BJ": "Africa/Porto-Novo", "TG": "Africa/Lome", "NE": "Africa/Niamey",
    "CM": "Africa/Douala", "CG": "Africa/Brazzaville", "GA": "Africa/Libreville", "CD": "Africa/Kinshasa",
}  # fmt: skip


class Unreadable(ValueError):
    """The cell holds something else than it should; the message says what."""


def amounts(*, currency_decimals: Callable[[str], int], decimal: str, thousands: str) -> Callable[[str, str], int]:
    """What reads amounts written with that decimal mark and those thousands marks: (text, currency) → minor units."""

    def amount(text: str, currency: str) -> int:
        digits = text[1:] if text[:1] == "-" else text
        if digits.isascii() and digits.isdigit() and len(digits) <= 15:
            scale: int = 10 ** currency_decimals(currency)
            return int(text) * scale
        return _amount(text, currency, currency_decimals(currency), decimal, thousands)

    return amount


def _amount(text: str, currency: str, decimals: int, decimal: str, thousands: str) -> int:
    plain = text.translate(_SPACES).strip()
    sign, plain = (-1, plain[1:-1]) if plain[:1] == "(" and plain[-1:] == ")" else (1, plain)
    sign, plain = (-sign, plain[1:]) if plain[:1] in ("-", "\u2212") else (sign, plain.removeprefix("+"))
    plain = plain.removesuffix(currency).removesuffix("FCFA").strip()
    whole, mark, rest = plain.partition(decimal)
    for separator in thousands:
        if separator in whole:
            groups = whole.split(separator)
            # Marks stand between groups of three, or they are no thousands marks: 1.50 is not 150.
            if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
                raise Unreadable(f"{text!r} is no amount: its thousands are not grouped by three")
            whole = "".join(groups)
    if not (whole.isascii() and whole.isdigit()) or (mark and not (rest.isascii() and rest.isdigit())):
        raise Unreadable(f"{text!r} is no amount")
    try:
        minor = Decimal(f"{whole}.{rest or 0}").scaleb(decimals)
    except InvalidOperation:
        raise Unreadable(f"{text!r} is no amount") from None
    if minor != int(minor):
        raise Unreadable(f"{text!r} is finer than {currency} allows")
    if minor > money.MINOR_MAX // 4:
        raise Unreadable(f"{text!r} is beyond what the ledger counts")
    return sign * int(minor)


def moments(*, formats: tuple[str, ...], timezone: str, market: str) -> Callable[[str], str]:
    """What reads moments: ISO 8601 or a strptime format; in the given zone, unless they say theirs. Gives ISO 8601."""
    zone = _zone(timezone, market)

    def moment(text: str) -> str:
        found = _parsed(text, formats)
        return found.isoformat() if found.tzinfo is not None else found.replace(tzinfo=zone).isoformat()

    return moment


def _zone(timezone: str, market: str) -> ZoneInfo:
    name = _ZONES.get(market) if timezone == "market" else timezone
    if name is None:
        raise Unreadable(f"no time zone is known for {market}: say one in the column map")
    return ZoneInfo(name)


def _parsed(text: str, formats: tuple[str, ...]) -> datetime:
    for known in formats:
        try:
            return datetime.fromisoformat(text) if known == "iso" else datetime.strptime(text, known)  # noqa: DTZ007
        except ValueError:
            continue
    raise Unreadable(f"{text!r} is no date and time of the form {' or '.join(formats)}")


def phone_numbers(market: str) -> Callable[[str], str]:
    """What reads the other side's number: E.164, or empty when it is none (an agent's code, a name)."""
    code = str(phonenumbers.country_code_for_region(market))

    @lru_cache(maxsize=_PHONES_REMEMBERED)
    def phone(text: str) -> str:
        digits = text.removeprefix("+")
        is_international = text[:1] == "+" or (digits.startswith(code) and len(digits) >= 11)
        if is_international and digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15:
            return f"+{digits}"
        try:
            return phones.normalise(text, market)
        except phones.NotAPhoneNumber:
            return ""

    return phone
