"""A question as JSON, and back. Pure.

Works for frozen dataclasses made of text, whole numbers, truth values, fractions, dates, enumerations, other such
dataclasses, tuples, mappings with text keys, and optional ones of these. A fraction is text (`"7/10"`): no float.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Question = TypeVar("Question")


class UnreadableRecord(ValueError):
    """The JSON is no record of that question."""


def dump(value: Any) -> Any:
    """The value as JSON, without floats; empty optional fields are left out."""
    if is_dataclass(value):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: dump(part) for name, part in named if part is not None}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction | date):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): dump(part) for key, part in sorted(value.items())}
    if isinstance(value, tuple):
        return [dump(part) for part in value]
    if isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} has no place in a record")


def load(kind: type[Question], data: Any) -> Question:
    """The question the JSON is a record of.

    :raises UnreadableRecord: a field is missing, unknown, or of another kind.
    """
    try:
        loaded: Question = _load(kind, data)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as wrong:
        raise UnreadableRecord(f"no record of {kind.__name__}: {wrong}") from wrong
    return loaded


def _load(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (part for part in get_args(kind) if part is not type(None))
        return None if data is None else _load(inner, data)
    if origin is tuple:
        return tuple(_load(get_args(kind)[0], part) for part in data)
    if origin is not None:  # a mapping
        return {key: _load(get_args(kind)[1], part) for key, part in data.items()}
    if is_dataclass(kind):
        return _load_fields(kind, data)
    if kind is date:
        return date.fromisoformat(data)
    if kind in (int, bool, str):
        if type(data) is not kind:
            raise TypeError(f"{data!r} is not of type {kind.__name__}")
        return data
    return kind(data)


def _load_fields(kind: Any, data: Any) -> Any:
    hints = _hints(kind)
    if unknown := sorted(set(data) - set(hints)):
        raise KeyError(f"unknown: {', '.join(unknown)}")
    return kind(**{name: _load(hints[name], part) for name, part in data.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
