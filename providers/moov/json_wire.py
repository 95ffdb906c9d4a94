"""The JSON of Moov's gateways (M2 and M3), written and read. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from providers import amounts
from providers.amounts import Amount, WireAmount
from providers.errors import UnreadableAnswer
from providers.strict_json import NotStrictJson
from providers.strict_json import read as read_json

REMARK_CHARACTERS = 60
# The words some deployments use for the same thing; the first that is there counts.
_EXPLANATIONS = ("message", "statusdescription", "status-description")


def written(document: Mapping[str, Any]) -> bytes:
    """The body, serialised once: exactly these bytes are hashed and sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def amount(value: Amount, form: WireAmount) -> str | int:
    return amounts.to_text(value) if form is WireAmount.TEXT else amounts.to_number(value)


def answer(document: Any) -> Mapping[str, Any]:
    """:raises UnreadableAnswer: not an object."""
    if not isinstance(document, dict):
        raise UnreadableAnswer("an answer that is no JSON object")
    return document


def status(document: Any) -> str:
    """The result code as text, whether it came as text or as a number; empty when there is none."""
    value = document.get("status") if isinstance(document, dict) else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def text(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None


def data(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands under `extended-data.data`; empty where there is none (some answer `[]`)."""
    extended = document.get("extended-data")
    inner = extended.get("data") if isinstance(extended, dict) else None
    return inner if isinstance(inner, dict) else {}


def kept(document: Mapping[str, Any]) -> dict[str, Any]:
    """What may be written down: the codes, the ids, the explanation. Never who somebody is."""
    ids = {key: document.get(key) for key in ("request-id", "trans-id", "status") if document.get(key) is not None}
    explanation = next((document[key] for key in _EXPLANATIONS if isinstance(document.get(key), str)), None)
    inner = {key: data(document)[key] for key in ("reference-id", "status-description") if key in data(document)}
    return {**ids, **({"message": explanation} if explanation else {}), **inner}


def subscriber(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The details of a subscriber: a JSON document inside a text, to be read a second time.

    :raises UnreadableAnswer: the text is there and is no JSON object.
    """
    details = data(document).get("subscriber-details")
    if details in (None, ""):
        return {}
    try:
        found = read_json(details.encode()) if isinstance(details, str) else details
    except NotStrictJson as error:
        raise UnreadableAnswer(f"subscriber details that cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableAnswer("subscriber details that are no JSON object")
    return found
