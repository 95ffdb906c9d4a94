"""Codes that payers make before they pay, or were sent: what is one, and what is said when it is missing."""

from django.utils.translation import gettext as _

from billing.payments.facts import OptionFact

DIGITS_MIN, DIGITS_MAX = 4, 10


def takes(wallet: OptionFact) -> bool:
    """Whether a code is of use there: wanted, or a shorter way."""
    return wallet.needs_code or bool(wallet.code_ussd)


def written(text: str) -> str | None:
    """The digits of what was typed, spaces apart; empty for nothing, None for what is no code."""
    code = "".join(text.split())
    if code and not (code.isascii() and code.isdigit() and DIGITS_MIN <= len(code) <= DIGITS_MAX):
        return None
    return code


def shape() -> str:
    """What a code looks like, for somebody who typed something else."""
    return _("Un code est fait de %(min)d à %(max)d chiffres.") % {"min": DIGITS_MIN, "max": DIGITS_MAX}


def missing(wallet: OptionFact) -> str:
    """How to come by the code."""
    if wallet.code_ussd:
        said = _("%(wallet)s demande un code : composez %(ussd)s sur le téléphone qui paie, puis saisissez-le ici.")
    else:
        said = _("%(wallet)s demande un code : saisissez-le ici.")
    return said % {"wallet": wallet.label, "ussd": wallet.code_ussd}
