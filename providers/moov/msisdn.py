"""Phone numbers as the deployments of Moov want them. Pure.

Benin's numbers grew from eight digits to ten by a leading `01`; its samples show both, with and without `229`.
"""

from enum import StrEnum

from providers.phone_forms import PhoneForm, to_wire

_NEW_IN_BENIN = "01"


class MsisdnForm(StrEnum):
    DIGITS = "digits"  # 2290195123456, 22670123456
    NATIONAL = "national"  # 0195123456, 70123456
    DIGITS_8 = "digits_8"  # 22995123456: Benin, as before
    NATIONAL_8 = "national_8"  # 95123456

    @property
    def of_the_port(self) -> PhoneForm:
        national = self in (MsisdnForm.NATIONAL, MsisdnForm.NATIONAL_8)
        return PhoneForm.NATIONAL if national else PhoneForm.DIGITS


def written(e164: str, form: MsisdnForm) -> str:
    """The number as that deployment wants it."""
    text = to_wire(e164, form.of_the_port)
    if form not in (MsisdnForm.DIGITS_8, MsisdnForm.NATIONAL_8) or not e164.startswith("+229"):
        return text
    calling = "" if form is MsisdnForm.NATIONAL_8 else "229"
    return calling + text.removeprefix(calling).removeprefix(_NEW_IN_BENIN)
