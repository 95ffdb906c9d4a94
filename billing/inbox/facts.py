"""Notifications as other modules see them."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NotificationFact:
    """One stored notification and what became of it."""

    id: int
    provider: str
    market: str
    state: str  # waiting, processed, duplicate, refused, parked
    event_ref: str | None
    payment_ref: str | None
    reason: str
    attempt_count: int
    next_attempt_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class VerifiedHint:
    """What a notification says, once its origin is proved: look at that payment."""

    event_ref: str
    kind: str
    provider_ref: str | None
    payment_ref: str | None  # our reference, as the provider echoes it
    secret: str | None = field(default=None, repr=False)  # what only the provider and this attempt know
