"""Secrets of webhook endpoints and the Standard Webhooks headers made with them."""

import base64
import secrets
from datetime import datetime

from standardwebhooks import Webhook

from billing import sealing

_SECRET_BYTES = 32


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def seal(secret: str) -> str:
    """The secret as it is stored."""
    return sealing.seal(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again.

    :raises sealing.SealBroken: no key of ours opens it.
    """
    return sealing.unseal(sealed.encode()).decode()


def headers(*, secret: str, event_ref: str, body: str, at: datetime) -> dict[str, str]:
    """What proves to the receiver that the body is ours and fresh."""
    return {
        "webhook-id": event_ref,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": str(Webhook(secret).sign(event_ref, at, body)),
    }
