"""What others may know of outgoing webhooks."""

from billing.outbox.facts import EndpointFact, OutgoingEventFact
from billing.outbox.models import OutgoingEvent, WebhookEndpoint


def endpoints(*, owner_ref: str) -> tuple[EndpointFact, ...]:
    """An API client's endpoints, without their secrets."""
    rows = WebhookEndpoint.objects.filter(owner_ref=owner_ref).order_by("id")
    return tuple(row.as_fact() for row in rows)


def events(*, owner_ref: str, limit: int = 100) -> tuple[OutgoingEventFact, ...]:
    """What an API client was or will be told, the latest first."""
    rows = OutgoingEvent.objects.filter(endpoint__owner_ref=owner_ref).order_by("-happened_at", "-id")[:limit]
    return tuple(row.as_fact() for row in rows)
