"""The only door from the inbox to the providers: is this notification theirs, and what is it about?"""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from billing.inbox.facts import VerifiedHint
from providers import registry
from providers.contract import Adapter
from providers.errors import NotificationRefused


class Forged(Exception):
    """The notification does not prove its origin; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(
    *, provider: str, market: str, headers: Mapping[str, str], body: bytes, received_at: datetime
) -> VerifiedHint:
    """Check the raw bytes by the provider's rules. Its clock is the moment of receipt, however late we look.

    :raises Forged: altered, too old, unsigned, or no provider of ours.
    """
    if provider not in registry.names() or market not in registry.capabilities(provider).markets:
        raise Forged("unknown_wallet")
    try:
        notification = _adapter(provider, market).read_notification(headers, body, received_at)
    except NotificationRefused as refusal:
        raise Forged(refusal.reason) from None
    return VerifiedHint(
        notification.event_ref, notification.kind, notification.provider_ref, notification.client_reference
    )


def forget_adapters() -> None:
    """Read addresses and credentials from the environment again at the next call."""
    _adapter.cache_clear()


@cache
def _adapter(provider: str, market: str) -> Adapter:
    return registry.adapter(provider, market, environment=os.environ)
