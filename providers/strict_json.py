"""JSON as money needs it: no binary floats, no second meaning, nothing that cannot be stored. Pure."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn


class NotStrictJson(ValueError):
    """The bytes are not one unambiguous JSON document in UTF-8."""


def read(data: bytes) -> Any:
    """Read one document; fractions become `Decimal`.

    :raises NotStrictJson: wrong charset, NaN, a key given twice, too deep, or text no database can hold.
    """
    try:
        document = json.loads(
            data.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
        )
        for text in _texts(document):
            text.encode("utf-8")  # a lone surrogate fails here
            if "\x00" in text:
                raise NotStrictJson("a text holds a NUL character")
    except NotStrictJson:
        raise
    except (ValueError, ArithmeticError, RecursionError) as error:  # Decimal refuses an exponent beyond its range
        raise NotStrictJson(type(error).__name__) from None
    return document


def _refuse_constant(word: str) -> NoReturn:
    raise NotStrictJson(f"{word} is no JSON number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise NotStrictJson("a key is given twice")
    return document


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
