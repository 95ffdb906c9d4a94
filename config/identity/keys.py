"""How an API key looks and how it is kept: `ck_`, 8 public characters, `_`, 160 secret bits.

Only the keyed hash is stored: a stolen copy of the table opens nothing, and guesses cannot be tried without SECRET_KEY.
"""

import re
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SHAPE = re.compile(r"\A(ck_[0-9a-hjkmnp-tv-z]{8})_[0-9a-hjkmnp-tv-z]{32}\Z")
MARK = "ck_"


def make() -> str:
    """A fresh secret."""
    return f"{MARK}{_characters(8)}_{_characters(32)}"


def prefix_of(secret: str) -> str:
    """The public part; nothing when the text is no key at all."""
    match = _SHAPE.match(secret)
    return match[1] if match else ""


def digest(secret: str) -> str:
    """What is stored."""
    return next(_digests(secret))


def matches(secret: str, stored: str) -> bool:
    """Whether the secret is the stored one, also under a SECRET_KEY that is being rotated out."""
    compared = [constant_time_compare(candidate, stored) for candidate in _digests(secret)]
    return any(compared)


def _digests(secret: str) -> Iterator[str]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac("config.identity.keys", secret, secret=key, algorithm="sha256").hexdigest()


def _characters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
