"""The ids of statement lines (`rcl_…`), and the 16 bytes they are stored as. Pure.

A line's number is 128 bits of the SHA-256 of its name, so that the same line is found again without a look-up, whoever
brings it.
"""

import hashlib
from uuid import UUID

PREFIX = "rcl_"


class NotALineId(ValueError):
    """The text does not have the shape of `rcl_` and 32 hexadecimal digits."""


def of(provider: str, market: str, line_ref: str) -> str:
    """32 hexadecimal digits, as the table takes them."""
    return hashlib.sha256(f"{provider}\n{market}\n{line_ref}".encode()).hexdigest()[:32]


def public(line_id: UUID) -> str:
    return f"{PREFIX}{line_id.hex}"


def stored(public_id: str) -> UUID:
    """
    :raises NotALineId: another shape.
    """
    digits = public_id.removeprefix(PREFIX)
    if len(digits) != 32 or len(public_id) != 36 or not set(digits) <= set("0123456789abcdef"):
        raise NotALineId(public_id)
    return UUID(digits)
