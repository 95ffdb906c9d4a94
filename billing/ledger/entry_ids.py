"""The public ids of entries (`jrn_…`) and holds (`hld_…`), and the 16 bytes they are stored as. Pure.

The id is a ULID in Crockford's alphabet; a row that names it three times a posting keeps it as a PostgreSQL `uuid`,
half the size of the text and in the same order.
"""

import secrets
from datetime import datetime
from uuid import UUID

from billing.ids import spelled

PREFIX = "jrn_"
HOLD = "hld_"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
# Python reads base 32 with the digits 0-9a-v; Crockford skips i, l, o and u.
_TO_PYTHON = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")


class NotAnEntryId(ValueError):
    """The text does not have the shape of a prefix and 26 characters."""


def to_uuid(entry_ref: str, *, prefix: str = PREFIX) -> UUID:
    """
    :raises NotAnEntryId: another prefix, another length, a character that is not Crockford's.
    """
    digits = entry_ref.removeprefix(prefix)
    if len(digits) != _LENGTH or len(entry_ref) != len(prefix) + _LENGTH or not set(digits) <= set(_CROCKFORD):
        raise NotAnEntryId(f"{entry_ref!r} is no id of the kind {prefix}…")
    number = int(digits.translate(_TO_PYTHON), 32)
    if number >> 128:
        raise NotAnEntryId(f"{entry_ref!r} is beyond 128 bits")
    return UUID(int=number)


def from_uuid(stored: UUID, *, prefix: str = PREFIX) -> str:
    return prefix + spelled(stored.bytes)


def new(count: int, at: datetime) -> list[bytes]:
    """The 16 bytes of so many fresh ids, made at `at`."""
    begin, chance = int(at.timestamp() * 1000).to_bytes(6), secrets.token_bytes(10 * count)
    return [begin + chance[place : place + 10] for place in range(0, 10 * count, 10)]
