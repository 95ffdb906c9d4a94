"""The last part of a notification's address, for providers that sign nothing. Pure.

It names one attempt and proves that whoever calls was told its address: `<reference>.<HMAC-SHA256>`. It opens nothing
else than a question to the provider about that attempt, so it may be kept with the notification.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from providers.errors import NotificationRefused

_SHAPE = re.compile(r"\A([A-Za-z0-9_-]{1,60})\.([A-Za-z0-9_-]{43})\Z")


def address(notify_url: str, *, secret: str, reference: str) -> str:
    """Where the provider shall call for this attempt; `notify_url` is the wallet's own address."""
    return f"{notify_url.rstrip('/')}/{make(secret, reference)}"


def make(secret: str, reference: str) -> str:
    digest = hmac.new(secret.encode(), reference.encode(), hashlib.sha256).digest()
    return f"{reference}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def reference_of(token: str, *, secrets: Iterable[str]) -> str:
    """Our reference of the attempt, once the token is proved; several secrets while one replaces the other.

    :raises NotificationRefused: no token, or not one of ours.
    """
    found = _SHAPE.match(token)
    if found is None:
        raise NotificationRefused("token_missing" if not token else "token_malformed")
    reference = found[1]
    if not any(hmac.compare_digest(make(secret, reference), token) for secret in secrets):
        raise NotificationRefused("token_mismatch")
    return reference
