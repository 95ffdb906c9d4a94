"""From the file's bytes to JSON that fits the schema: nothing doubled, nothing unknown, no float. Pure."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from royalties.simulation.refusals import BadScenario

SCHEMA = Path(__file__).resolve().parents[1] / "scenario.schema.json"
_CHOICES = {"oneOf": "exactly one", "anyOf": "one"}


def parse(content: bytes) -> dict[str, Any]:
    """The scenario as JSON.

    :raises BadScenario: it is no JSON, or does not fit the schema; every problem is told, with its path.
    """
    try:
        data = json.loads(content.decode(), object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
        raise BadScenario([f"$: no JSON: {wrong}"]) from wrong
    problems = sorted({problem for error in _validator().iter_errors(data) for problem in _problems(error)})
    if problems:
        raise BadScenario(problems)
    found: dict[str, Any] = data
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadScenario([f"$: key {key!r} is there twice in one object"])
        found[key] = value
    return found


def _no_float(text: str) -> NoReturn:
    raise BadScenario([f"$: {text} is a floating-point number; write amounts and rates as text"])


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def _problems(error: ValidationError) -> Iterator[str]:
    path, schema = error.json_path, error.schema
    if error.validator == "additionalProperties" and isinstance(schema, Mapping):
        known = schema.get("properties", {})
        yield from (f"{path}.{key}: unknown key" for key in error.instance if key not in known)
    elif error.validator in _CHOICES:
        names = " | ".join(" + ".join(choice.get("required", ["?"])) for choice in error.validator_value)
        yield f"{path}: wants {_CHOICES[str(error.validator)]} of {names}"
    elif error.validator == "not":
        yield from (f"{path}.{key}: has no place here" for key in error.validator_value["required"])
    else:
        yield f"{path}: {error.message}"
