"""Outgoing webhooks as other modules see them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EndpointFact:
    """Where an API client wants to hear from us. `secret` is told once, when the endpoint is added."""

    id: str  # whe_…
    owner_ref: str
    url: str
    state: str  # active, failing
    added_at: datetime
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingEventFact:
    """One event for one endpoint."""

    id: str  # evt_…; also the `webhook-id` header
    endpoint_ref: str
    kind: str
    subject_ref: str
    state: str  # waiting, delivered, failed
    attempt_count: int
    next_attempt_at: datetime | None
    happened_at: datetime
