"""Public ids: a prefix, then 26 characters that sort by time and cannot be guessed. Pure.

The layout is ULID's (48 bits of milliseconds, 80 random bits, Crockford's alphabet in lower case), so an id may stand
in an address as the only key to a page: guessing one of a given millisecond takes 2^80 tries. It lives in the lowest
package because every package makes ids; `billing.ids` passes it on.
"""

import re
import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_SHAPE = re.compile(r"\A[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\Z")


def new_id(prefix: str, at: datetime) -> str:
    """A fresh id such as `pay_01jf8…`, made at `at`."""
    number = int(at.timestamp() * 1000) << 80 | secrets.randbits(80)
    characters = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        characters.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(characters))}"


def looks_like(text: str, prefix: str) -> bool:
    """Whether the text has the shape of an id with this prefix."""
    return bool(_SHAPE.match(text)) and text.startswith(f"{prefix}_")
