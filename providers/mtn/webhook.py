"""MTN's notifications. Nothing is signed: the address that MTN was told proves which attempt is meant.

MTN's own documents contradict each other on the method (POST, PUT), so both are taken. The body is the status document
without the request's id; what it says is not used, it only makes us ask.
"""

import hashlib
import re
from collections.abc import Iterable

from providers import callback_token, strict_json
from providers.contract import Arrival, Notification
from providers.errors import NotificationRefused
from providers.mtn import wire

_METHODS = {"POST", "PUT"}
_WORD = re.compile(r"\A[A-Z_]{1,40}\Z")


def read(arrival: Arrival, *, secrets: Iterable[str]) -> Notification:
    """Verify the address, then translate.

    :raises NotificationRefused: the address is none of ours, or the body speaks of another attempt or not at all.
    """
    reference = callback_token.reference_of(arrival.path_token, secrets=secrets)
    if arrival.method not in _METHODS:
        raise NotificationRefused("method")
    try:
        document = strict_json.read(arrival.body)
    except strict_json.NotStrictJson:
        raise NotificationRefused("unreadable") from None
    if not isinstance(document, dict):
        raise NotificationRefused("unreadable")
    if document.get("externalId") not in (None, "", reference):
        raise NotificationRefused("reference_mismatch")
    status = document.get("status")
    word = status if isinstance(status, str) and _WORD.match(status) else "unknown"
    return Notification(
        event_ref=hashlib.sha256(f"{reference}\n".encode() + arrival.body).hexdigest(),
        kind=f"status.{word.lower()}",
        provider_ref=wire.request_id(reference),
        client_reference=reference,
    )
