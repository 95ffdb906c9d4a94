"""What is stored so that the database alone does not tell it: phone numbers, secrets, answers that hold one.

Authenticated encryption under keys that are not in the database. The first key seals, every key opens. What need not
be read again, only recognised, is kept as a keyed digest (HMAC-SHA256) under keys made from the same ones.
"""

import hmac
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


def digest(content: bytes, *, purpose: str) -> str:
    """By which the content is recognised later, and cannot be guessed at without our keys."""
    return _digest(content, settings.PHONE_KEYS[0], purpose)


def is_digest_of(content: bytes, kept: str, *, purpose: str) -> bool:
    """Whether `kept` was made of this content, by any key of ours. In constant time."""
    return any(hmac.compare_digest(_digest(content, key, purpose), kept) for key in settings.PHONE_KEYS)


def _digest(content: bytes, key: str, purpose: str) -> str:
    own_key = hmac.digest(key.encode(), f"coko digest: {purpose}".encode(), "sha256")
    return hmac.digest(own_key, content, "sha256").hex()


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
