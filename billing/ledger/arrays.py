"""Array parameters as PostgreSQL reads them. Pure.

The driver writes lists element by element, which took a quarter of a batch's time; these are written as a whole. Each
is one text parameter, cast where it stands in the statement (`%s::text[]`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime


def texts(values: Sequence[str]) -> str:
    """Source: PostgreSQL's manual, 8.15.6, Array Input and Output Syntax."""
    inside = '","'.join(values)
    if "\\" in inside or inside.count('"') != 2 * (len(values) - 1):
        inside = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'{{"{inside}"}}' if values else "{}"


def numbers(values: Iterable[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def moments(values: Iterable[datetime]) -> str:
    return f"{{{','.join(value.isoformat() for value in values)}}}"


def uuids(values: Iterable[bytes]) -> str:
    """16 bytes each."""
    return f"{{{','.join(value.hex() for value in values)}}}"
