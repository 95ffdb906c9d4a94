"""Single fields of Wave's documents. Pure.

Amounts are JSON strings in major units with the currency's own decimals: XOF has none.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers import amounts
from providers.errors import UnreadableAnswer


def written(document: Mapping[str, Any]) -> bytes:
    """A body, serialised once: exactly these bytes are signed and sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def mapping(document: Any, what: str) -> dict[str, Any]:
    """:raises UnreadableAnswer: it is no JSON object."""
    if not isinstance(document, dict):
        raise UnreadableAnswer(f"{what} that is no JSON object")
    return document


def listing(document: Any, key: str) -> list[dict[str, Any]]:
    """The objects under `key`, whatever else stands among them.

    :raises UnreadableAnswer: there is no list.
    """
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise UnreadableAnswer(f"no list of {key}")
    return [item for item in found if isinstance(item, dict)]


def text(document: Mapping[str, Any], key: str) -> str:
    """:raises UnreadableAnswer: it is missing, empty or no text."""
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableAnswer(f"no {key}")
    return value


def optional(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) and value else None


def moment(document: Mapping[str, Any], key: str) -> datetime | None:
    """A moment with its zone; one we cannot read is no reason to doubt the money, so it is left out."""
    try:
        found = datetime.fromisoformat(document.get(key) or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def amount(document: Mapping[str, Any], key: str = "amount") -> amounts.Amount:
    """:raises UnreadableAnswer: it is missing or no amount of its currency."""
    try:
        return amounts.from_text(text(document, key), text(document, "currency"))
    except amounts.UnreadableAmount as error:
        raise UnreadableAnswer(f"{key} cannot be read: {error}") from None


def error_code(document: Any) -> str:
    """Wave's own word for what went wrong, from any of the places it puts one; empty when there is none.

    `{"code"}` is usual, `{"error_code"}` and `{"error"}` come with payouts; `last_payment_error` and `payout_error`
    stand inside answers that are 200.
    """
    if not isinstance(document, dict):
        return ""
    for holder in (document, document.get("last_payment_error"), document.get("payout_error")):
        for key in ("code", "error_code", "error"):
            if isinstance(holder, dict) and isinstance(holder.get(key), str):
                return str(holder[key])
    return ""
