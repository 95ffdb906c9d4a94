"""Public ids: a prefix, then 26 characters that sort by time and cannot be guessed. Pure.

The layout is ULID's (48 bits of milliseconds, 80 random bits, Crockford's alphabet in lower case), so an id may stand
in an address as the only key to a page: guessing one of a given millisecond takes 2^80 tries. It lives in the lowest
package because every package makes ids; `billing.ids` passes it on.
"""

import re
import secrets
from base64 import b32encode
from datetime import datetime

_LENGTH = 26
# Python writes base 32 with the letters A-Z2-7; Crockford has 0-9, and no i, l, o and u.
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
_SHAPE = re.compile(r"\A[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\Z")


def new_id(prefix: str, at: datetime) -> str:
    """A fresh id such as `pay_01jf8…`, made at `at`."""
    return f"{prefix}_{spelled(int(at.timestamp() * 1000).to_bytes(6) + secrets.token_bytes(10))}"


def spelled(bits: bytes) -> str:
    """16 bytes as 26 characters."""
    # Five bits a character from the right end: 20 bytes make 32 characters, the last 26 are ours.
    return b32encode(bytes(4) + bits)[-_LENGTH:].translate(_CROCKFORD).decode()


def looks_like(text: str, prefix: str) -> bool:
    """Whether the text has the shape of an id with this prefix."""
    return bool(_SHAPE.match(text)) and text.startswith(f"{prefix}_")
