"""Endpoints of API clients and what they are to be told. Imported by this package only."""

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from billing.outbox.facts import EndpointFact, OutgoingEventFact


class EndpointState(StrEnum):
    ACTIVE = "active"
    FAILING = "failing"  # gave up after three days; its events wait until the owner says it is mended


class EventState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookEndpoint(models.Model):
    """Where one API client wants to hear from us. The signing secret is sealed."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    owner_ref = models.CharField(max_length=30, db_index=True)
    url = models.TextField()
    secret_sealed = models.TextField()
    state = models.CharField(max_length=20, default=EndpointState.ACTIVE.value)
    quiet_until = models.DateTimeField(null=True)  # after a failure, so that one bad receiver does not hold up the rest
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in EndpointState]), name="endpoint_state_known"
            ),
            models.UniqueConstraint(fields=["owner_ref", "url"], name="endpoint_once_per_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.url}"

    def as_fact(self, *, secret: str | None = None) -> EndpointFact:
        return EndpointFact(
            id=self.id, owner_ref=self.owner_ref, url=self.url, state=self.state, added_at=self.added_at, secret=secret
        )


class OutgoingEvent(models.Model):
    """One event for one endpoint, written in the transaction of the fact it tells. The body is what gets signed."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=30)
    body = models.TextField()
    state = models.CharField(max_length=20, default=EventState.WAITING.value)
    attempt_count = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    happened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in EventState]), name="outgoing_event_state_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="outgoing_event_due"),
            models.Index(
                fields=["endpoint", "subject_ref", "happened_at", "id"],
                condition=Q(state="waiting"),
                name="outgoing_event_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"

    def as_fact(self) -> OutgoingEventFact:
        return OutgoingEventFact(
            id=self.id,
            endpoint_ref=self.endpoint_id,
            kind=self.kind,
            subject_ref=self.subject_ref,
            state=self.state,
            attempt_count=self.attempt_count,
            next_attempt_at=self.next_attempt_at,
            happened_at=self.happened_at,
        )


class DeliveryAttempt(models.Model):
    """One try at one event. Append-only by trigger."""

    event = models.ForeignKey(OutgoingEvent, on_delete=models.PROTECT, related_name="attempts")
    status = models.PositiveSmallIntegerField(null=True)  # None: no HTTP answer
    problem = models.CharField(max_length=200, blank=True)
    attempted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.event_id} {self.status or self.problem}"
