"""Sonatel's callbacks: HMAC-SHA256 over stamp, comma and raw body.

Sonatel hands the signing secret out later than the callback's registration, and until then nothing but the address we
named can prove anything. The key in `Authorization` is a bare secret and is not looked at.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any

from providers import callback_token, strict_json
from providers.contract import Arrival, Notification
from providers.errors import NotificationRefused
from providers.orange.references import event_ref

_AGE_SECONDS_MAX = 300
_SIGNATURES_MAX = 8
_STAMP = re.compile(r"\A[0-9]{10}\Z")
_BULK = "BULK_CASHIN"


def read(arrival: Arrival, *, signing_secrets: Iterable[str], address_secrets: Iterable[str]) -> Notification:
    """Verify, then translate. With signing secrets only a signature counts; without, only the address.

    :raises NotificationRefused: it does not prove its origin, or says nothing readable.
    """
    if secrets := list(signing_secrets):
        _check_signature(arrival, secrets)
        return _notification(_document(arrival.body))
    reference = callback_token.reference_of(arrival.path_token, secrets=address_secrets)
    notification = _notification(_document(arrival.body))
    if notification.client_reference != reference:
        raise NotificationRefused("another_reference")
    return notification


def _check_signature(arrival: Arrival, secrets: Iterable[str]) -> None:
    header = {name.lower(): value for name, value in arrival.headers.items()}.get("x-sonatel-signature", "")
    stamp, signatures = _parts(header)
    if abs(arrival.received_at.timestamp() - int(stamp)) > _AGE_SECONDS_MAX:
        raise NotificationRefused("stamp_too_far")
    signed = stamp.encode() + b"," + arrival.body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets]
    given = [signature.encode(errors="replace") for signature in signatures]
    if not any(hmac.compare_digest(one, own) for one in given for own in expected):
        raise NotificationRefused("signature_mismatch")


def _parts(header: str) -> tuple[str, list[str]]:
    if not header:
        raise NotificationRefused("signature_missing")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    if len(stamps) != 1 or not _STAMP.match(stamps[0]):
        raise NotificationRefused("stamp_malformed")
    if not 1 <= len(signatures) <= _SIGNATURES_MAX:
        raise NotificationRefused("signature_malformed")
    return stamps[0], signatures


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = strict_json.read(body)
    except strict_json.NotStrictJson:
        raise NotificationRefused("unreadable") from None
    if not isinstance(document, dict):
        raise NotificationRefused("unreadable")
    return document


def _notification(document: Mapping[str, Any]) -> Notification:
    kind, status = document.get("type"), document.get("status")
    if not isinstance(kind, str) or not isinstance(status, str):
        raise NotificationRefused("unreadable")
    reference = document.get("reference")
    reference = reference if isinstance(reference, str) and reference else None
    is_bulk = kind == _BULK  # its reference is the batch's id at Sonatel
    return Notification(
        # The header with their id of the event does not reach us; retries say the same.
        event_ref=event_ref(kind, status, str(reference), str(document.get("transactionId"))),
        kind=f"{kind.lower()[:40]}.{status.lower()[:40]}",
        provider_ref=reference if is_bulk else None,
        client_reference=None if is_bulk else reference,
    )
