"""Phone numbers: read, masked, sealed at rest, and found again without being opened.

A plain hash of a phone number is reversed in minutes (the numbering plan is small), so the blind index is keyed, and
the number itself is sealed with authenticated encryption whose keys are not in the database.
"""

import hmac

import phonenumbers
from django.conf import settings
from phonenumbers import carrier

from billing import sealing

# Word in the numbering plans → operator, as our providers are called. Sotelma is Moov in Mali.
_OPERATORS = {"orange": "orange", "mtn": "mtn", "moov": "moov", "sotelma": "moov", "malitel": "moov"}


class NotAPhoneNumber(ValueError):
    """No such number in that country's numbering plan."""


def normalise(text: str, country: str | None = None) -> str:
    """E.164 with its plus sign. `country` (ISO 3166 alpha-2) is used when the text has no country code.

    :raises NotAPhoneNumber: the numbering plan knows no such number.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise NotAPhoneNumber(f"not a phone number: {error}") from None
    if not phonenumbers.is_valid_number(number):
        raise NotAPhoneNumber("no such number in that country's numbering plan")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(e164: str) -> str | None:
    """ISO 3166 alpha-2 country of the number, None when the plan is shared."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164))


def operator_of(e164: str) -> str | None:
    """`orange`, `mtn` or `moov`, by the number's prefix: a hint only, since numbers can change their operator.

    From the numbering plans that `phonenumbers` carries.
    """
    name = carrier.name_for_number(phonenumbers.parse(e164), "en").casefold()
    return next((operator for word, operator in _OPERATORS.items() if word in name), None)


def mask(e164: str) -> str:
    """What may be shown: the country and operator digits, and the last two. `+22177•••••67`."""
    return e164[:6] + "•" * max(len(e164) - 8, 0) + e164[-2:]


def seal(e164: str) -> str:
    """The number as it is stored."""
    return sealing.seal(e164.encode()).decode()


def unseal(sealed: str) -> str:
    """The number again.

    :raises sealing.SealBroken: no key of ours opens it.
    """
    return sealing.unseal(sealed.encode()).decode()


def blind_index(e164: str) -> str:
    """The same text for the same number, useless without the key: equality look-ups on sealed numbers."""
    return hmac.digest(settings.PHONE_INDEX_KEY.encode(), e164.encode(), "sha256").hex()
