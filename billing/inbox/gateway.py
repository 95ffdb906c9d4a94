"""The only door from the inbox to the providers: is this notification theirs, and what is it about?"""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from billing import sealing
from billing.inbox.facts import VerifiedHint
from providers import registry
from providers.contract import Adapter, Arrival, Notifies
from providers.errors import NotificationRefused

CREDENTIALS = "authorization"  # the header of which only a digest is stored, under the same name
_PURPOSE = "credentials of a notification"


class Forged(Exception):
    """The notification does not prove its origin; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(
    *,
    provider: str,
    market: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
    path_token: str = "",
    method: str = "POST",
) -> VerifiedHint:
    """Check the raw bytes by the provider's rules. Its clock is the moment of receipt, however late we look.

    `headers` are those stored: credentials among them are a digest, with which a secret of ours can be compared.

    :raises Forged: altered, too old, unsigned, or no provider of ours.
    """
    if provider not in registry.names() or market not in registry.capabilities(provider).markets:
        raise Forged("unknown_wallet")
    try:
        adapter = _adapter(provider, market)
        if not isinstance(adapter, Notifies):
            raise Forged("sends_none")
        notification = adapter.read_notification(
            Arrival(
                headers={name: value for name, value in headers.items() if name != CREDENTIALS},
                body=body,
                received_at=received_at,
                path_token=path_token,
                method=method,
                bears=lambda text: _is_digest_of(text, headers.get(CREDENTIALS, "")),
            )
        )
    except NotificationRefused as refusal:
        raise Forged(refusal.reason) from None
    return VerifiedHint(
        event_ref=notification.event_ref,
        kind=notification.kind,
        provider_ref=notification.provider_ref,
        payment_ref=notification.client_reference,
        secret=notification.secret,
    )


def digest(credentials: str) -> str:
    """What is stored instead of credentials that came in a header."""
    return sealing.digest(credentials.encode(errors="replace"), purpose=_PURPOSE)


def _is_digest_of(text: str, kept: str) -> bool:
    return sealing.is_digest_of(text.encode(), kept, purpose=_PURPOSE)


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ)
