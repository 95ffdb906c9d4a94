"""What may be written down of what passed over the wire: phone numbers and secrets covered. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# With its plus sign, or eleven digits and more alone: amounts are shorter, our numbers with country code are not.
_PHONE = re.compile(r"\+\d{8,15}|(?<![\w.-])\d{11,15}(?![\w-]|\.\w)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+\S+")
_PHONE_KEYS = re.compile(r"(?i)mobile|phone|msisdn")
_SECRET_KEYS = re.compile(r"(?i)authorization|secret|token|api_?key|signature|password")


def masked(value: Any) -> Any:
    """The same JSON document, safe to keep: phones shortened, secrets gone, exact numbers as text."""
    if isinstance(value, Mapping):
        return {key: _masked_field(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return masked_text(value)
    return str(value) if isinstance(value, Decimal) else value


def masked_text(text: str) -> str:
    """Free text, for a log line or the sample of an unreadable body."""
    return _PHONE.sub(lambda found: _masked_phone(found[0]), _BEARER.sub(r"\1 •••", text))


def _masked_field(key: str, value: Any) -> Any:
    if isinstance(value, str) and _SECRET_KEYS.search(key):
        return "•••"
    if isinstance(value, str | int) and _PHONE_KEYS.search(key):
        return _masked_phone(str(value))
    return masked(value)


def _masked_phone(number: str) -> str:
    return number[:6] + "•" * max(len(number) - 8, 0) + number[-2:] if len(number) > 8 else "•••"
