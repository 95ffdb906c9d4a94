"""Phone numbers on the wire: each provider writes them its own way. Pure."""

from enum import StrEnum

import phonenumbers


class PhoneForm(StrEnum):
    E164 = "e164"  # +221771234567
    DIGITS = "digits"  # 221771234567
    NATIONAL = "national"  # 771234567
    NONE = "none"  # it does not ask for one


class UnreadablePhone(ValueError):
    """What the provider sent is no phone number."""


def to_wire(e164: str, form: PhoneForm) -> str:
    """A number of ours as the provider wants it. National numbers keep their leading zero (Côte d'Ivoire, Benin)."""
    match form:
        case PhoneForm.DIGITS:
            return e164.removeprefix("+")
        case PhoneForm.NATIONAL:
            return phonenumbers.national_significant_number(phonenumbers.parse(e164))
        case PhoneForm.E164:
            return e164
        case PhoneForm.NONE:
            return ""


def from_wire(text: str, market: str) -> str:
    """E.164 from any of the forms; a national number is one of `market`.

    :raises UnreadablePhone: it is none.
    """
    digits = text.strip().removeprefix("+").removeprefix("00")
    calling = str(phonenumbers.country_code_for_region(market))
    candidates = [f"+{digits}"] if digits.startswith(calling) else []
    for candidate in [*candidates, f"+{calling}{digits}"]:
        try:
            number = phonenumbers.parse(candidate)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise UnreadablePhone("not a phone number of that market")
