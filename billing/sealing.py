"""What is stored so that the database alone does not tell it: phone numbers, secrets, answers that hold one.

Authenticated encryption under keys that are not in the database. The first key seals, every key opens.
"""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):
    """What was stored was not sealed by any key we hold: the key list is incomplete, or the row was altered."""


def seal(content: bytes) -> bytes:
    """The content as it is stored: ASCII, never twice the same."""
    return _fernet(tuple(settings.PHONE_KEYS)).encrypt(content)


def unseal(sealed: bytes) -> bytes:
    """The content again.

    :raises SealBroken: no key of ours opens it.
    """
    try:
        return _fernet(tuple(settings.PHONE_KEYS)).decrypt(sealed)
    except InvalidToken:
        raise SealBroken("what was stored was sealed with an unknown key") from None


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
