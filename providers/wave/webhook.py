"""Wave's notifications: proof of origin on the raw bytes first, meaning afterwards.

Wave's portal offers two proofs. *Signature*: the signed text is the stamp directly followed by the body, no separator.
Many public samples put a dot between them (PHP's `.` joins strings); that form is refused. Without a separator digits
could wander from the stamp into the body, so the stamp must have exactly ten digits and the body open with a brace.
*Shared secret*: `Authorization: Bearer <secret>`, which proves who calls and nothing of the body or the time.
A wallet takes the one it was registered with, never the other.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from providers import strict_json
from providers.contract import Arrival, Notification
from providers.errors import NotificationRefused

# The strategies of Wave's portal, as our credentials name them.
SIGNATURE = "signature"
SHARED_SECRET = "shared_secret"  # noqa: S105  a name
STRATEGIES = (SIGNATURE, SHARED_SECRET)

_AGE_SECONDS_MAX = 300
_SIGNATURES_MAX = 8
_STAMP = re.compile(r"\A[0-9]{10}\Z")
_SESSION_EVENTS = "checkout.session."


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Wave's signature of a body, in both directions."""
    return hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()


def read(arrival: Arrival, *, strategy: str, secrets: Sequence[str]) -> Notification:
    """Verify, then translate.

    Several secrets are accepted while one replaces the other.

    :raises NotificationRefused: it does not prove its origin, or proves it and says nothing readable.
    """
    if strategy == SIGNATURE:
        lowered = {name.lower(): value for name, value in arrival.headers.items()}
        _check_signature(lowered.get("wave-signature", ""), arrival.body, arrival.received_at, secrets)
    else:
        _check_secret(arrival, secrets)
    return _notification(arrival.body)


def _check_secret(arrival: Arrival, secrets: Iterable[str]) -> None:
    if not any(arrival.bears(f"Bearer {secret}") for secret in secrets):
        raise NotificationRefused("secret_mismatch")


def _check_signature(header: str, body: bytes, received_at: datetime, secrets: Iterable[str]) -> None:
    stamp, signatures = _parts(header)
    if not body.startswith(b"{"):
        raise NotificationRefused("body_is_no_object")
    if abs(received_at.timestamp() - int(stamp)) > _AGE_SECONDS_MAX:
        raise NotificationRefused("stamp_too_far")
    expected = [signature(secret, stamp, body).encode() for secret in secrets]
    if not any(hmac.compare_digest(_bytes(given), own) for given in signatures for own in expected):
        raise NotificationRefused("signature_mismatch")


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    if not header:
        raise NotificationRefused("signature_missing")
    if len(stamps) != 1 or not _STAMP.match(stamps[0]):
        raise NotificationRefused("stamp_malformed")
    if not 1 <= len(signatures) <= _SIGNATURES_MAX:
        raise NotificationRefused("signature_malformed")
    return stamps[0], signatures


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # a header may hold anything


def _notification(body: bytes) -> Notification:
    try:
        event = strict_json.read(body)
    except strict_json.NotStrictJson:
        raise NotificationRefused("unreadable") from None
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        raise NotificationRefused("unreadable")
    data = event["data"]
    kind = _word(event, "type")
    return Notification(
        event_ref=_word(event, "id"),
        kind=kind,
        # Other events carry ids of other things (T_…, b2b-…), which are no sessions of ours.
        provider_ref=_word(data, "id") if kind.startswith(_SESSION_EVENTS) else None,
        client_reference=data.get("client_reference") if isinstance(data.get("client_reference"), str) else None,
    )


def _word(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise NotificationRefused("unreadable")
    return value
