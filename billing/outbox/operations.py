"""Everything that writes outgoing webhooks. Reads no clock: callers pass `at`.

Delivery is at least once: a receiver that got an event just before we died gets it again, with the same `webhook-id`.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from billing.crashpoints import reach
from billing.ids import new_id
from billing.outbox import destination, hints, posting, signing, sweeps
from billing.outbox.destination import BadDestination as BadDestination
from billing.outbox.facts import EndpointFact
from billing.outbox.models import DeliveryAttempt, EndpointState, EventState, OutgoingEvent, WebhookEndpoint

log = logging.getLogger(__name__)

LOOK = "billing.outbox.tasks.look"

# Between one attempt and the next: ten attempts in three days, dense while a receiver restarts, then patient.
BACKOFF = (
    *(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1800)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 24, 30)),
)
# Longer than one delivery may take.
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
QUIET = timedelta(seconds=30)


class EndpointExists(Exception):
    """The client has an endpoint at that address already; `endpoint_ref` is its id."""

    def __init__(self, endpoint_ref: str) -> None:
        super().__init__(f"endpoint {endpoint_ref} has that address")
        self.endpoint_ref = endpoint_ref


class NoSuchEndpoint(Exception):
    """The client has no endpoint with that id."""


def add_endpoint(*, owner_ref: str, url: str, at: datetime) -> EndpointFact:
    """Register an address; the fact carries the signing secret, this once.

    :raises BadDestination: we do not send to such an address.
    :raises EndpointExists: it is registered already.
    """
    destination.parse(url, private_allowed=settings.OUTGOING_PRIVATE_ADDRESSES)
    secret = signing.new_secret()
    endpoint = WebhookEndpoint(
        id=new_id("whe", at), owner_ref=owner_ref, url=url, secret_sealed=signing.seal(secret), added_at=at
    )
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
    except IntegrityError:
        raise EndpointExists(WebhookEndpoint.objects.get(owner_ref=owner_ref, url=url).pk) from None
    return endpoint.as_fact(secret=secret)


@transaction.atomic
def mend_endpoint(*, owner_ref: str, endpoint_ref: str) -> EndpointFact:
    """Deliver again to an endpoint that was given up; what waited meanwhile goes out.

    :raises NoSuchEndpoint: the client has none with that id.
    """
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_ref, owner_ref=owner_ref).first()
    if endpoint is None:
        raise NoSuchEndpoint(endpoint_ref)
    endpoint.state, endpoint.quiet_until = EndpointState.ACTIVE, None
    endpoint.save(update_fields=["state", "quiet_until"])
    return endpoint.as_fact()


@transaction.atomic
def publish(*, owner_ref: str, kind: str, subject_ref: str, data: Mapping[str, Any], at: datetime) -> None:
    """Write the event for every endpoint of the owner, in the caller's transaction. No endpoint: nothing."""
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
    written = OutgoingEvent.objects.bulk_create(
        OutgoingEvent(
            id=new_id("evt", at),
            endpoint=endpoint,
            kind=kind,
            subject_ref=subject_ref,
            body=body,
            next_attempt_at=at,
            happened_at=at,
        )
        for endpoint in WebhookEndpoint.objects.filter(owner_ref=owner_ref)
    )
    if written:
        hints.look_after_commit(LOOK)


def deliver_due(*, at: datetime, limit: int = 15) -> int:
    """Deliver what is due, one after the other; how many were tried."""
    return sweeps.count(deliver_one, at=at, limit=limit)


def deliver_one(*, at: datetime) -> bool:
    """Try one event that is due; whether there was one. No transaction is open while we send."""
    claimed = _claim(at)
    if claimed is None:
        return False
    delivery = _post(claimed, at)
    reach("outbox.delivered")
    _record(claimed, delivery, at)
    return True


@transaction.atomic(durable=True)
def _claim(at: datetime) -> OutgoingEvent | None:
    event = (
        OutgoingEvent.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("endpoint")
        .filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=at),
            Q(endpoint__quiet_until__isnull=True) | Q(endpoint__quiet_until__lte=at),
            ~Exists(_earlier_of_the_same_subject()),
            endpoint__state=EndpointState.ACTIVE,
            state=EventState.WAITING,
            next_attempt_at__lte=at,
        )
        .order_by("next_attempt_at", "id")
        .first()
    )
    if event is not None:
        event.leased_until = at + LEASE
        event.save(update_fields=["leased_until"])
    return event


def _earlier_of_the_same_subject() -> Any:
    # A receiver hears of one payment in order; a stuck event holds back that payment only.
    before = Q(happened_at__lt=OuterRef("happened_at")) | Q(happened_at=OuterRef("happened_at"), id__lt=OuterRef("id"))
    return OutgoingEvent.objects.filter(
        before, endpoint=OuterRef("endpoint"), subject_ref=OuterRef("subject_ref"), state=EventState.WAITING
    )


def _post(event: OutgoingEvent, at: datetime) -> posting.Delivery:
    secret = signing.unseal(event.endpoint.secret_sealed)
    headers = {
        "content-type": "application/json",
        "user-agent": "Coko-Webhooks/1",
        **signing.headers(secret=secret, event_ref=event.id, body=event.body, at=at),
    }
    return posting.post(
        event.endpoint.url,
        body=event.body.encode(),
        headers=headers,
        private_allowed=settings.OUTGOING_PRIVATE_ADDRESSES,
    )


@transaction.atomic
def _record(claimed: OutgoingEvent, delivery: posting.Delivery, at: datetime) -> None:
    event = OutgoingEvent.objects.select_for_update().get(pk=claimed.pk)
    if event.state != EventState.WAITING or event.leased_until != claimed.leased_until:
        # We took longer than our lease: another sender has the event, and its word counts.
        log.warning("event %s was taken over while we sent it", event.pk)
        return
    DeliveryAttempt.objects.create(event=event, status=delivery.status, problem=delivery.problem[:200], attempted_at=at)
    event.attempt_count += 1
    event.leased_until = None
    if delivery.accepted:
        event.state, event.next_attempt_at = EventState.DELIVERED, None
    elif event.attempt_count <= len(BACKOFF):
        event.next_attempt_at = at + BACKOFF[event.attempt_count - 1]
        WebhookEndpoint.objects.filter(pk=event.endpoint_id).update(quiet_until=at + QUIET)
    else:
        event.state, event.next_attempt_at = EventState.FAILED, None
        WebhookEndpoint.objects.filter(pk=event.endpoint_id).update(state=EndpointState.FAILING)
    event.save(update_fields=["attempt_count", "leased_until", "state", "next_attempt_at"])
