"""Raw provider notifications. Imported by this package only."""

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from billing.inbox.facts import NotificationFact

BODY_MAX = 64 * 1024


class State(StrEnum):
    WAITING = "waiting"
    PROCESSED = "processed"
    DUPLICATE = "duplicate"  # the same event came before
    REFUSED = "refused"  # does not prove its origin
    PARKED = "parked"  # genuine, but no payment of ours yet, or too many attempts


class ProviderNotification(models.Model):
    """What somebody sent us, as raw bytes, before anybody believed it. What was received never changes (trigger)."""

    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    headers = models.JSONField()
    method = models.CharField(max_length=4, default="POST")
    path_token = models.CharField(max_length=120, blank=True)  # names one attempt and opens nothing else
    body = models.BinaryField(max_length=BODY_MAX)  # cut at the cap; `body_size` is what came
    body_size = models.PositiveIntegerField()
    received_at = models.DateTimeField()

    state = models.CharField(max_length=20, default=State.WAITING.value)
    reason = models.CharField(max_length=80, blank=True)
    event_ref = models.CharField(max_length=120, null=True)  # believed only after verification
    payment_ref = models.CharField(max_length=30, blank=True)
    attempt_count = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="notification_state_known"
            ),
            models.UniqueConstraint(
                fields=["provider", "event_ref"], condition=~Q(state="duplicate"), name="notification_event_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="notification_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.pk} {self.state}"

    def as_fact(self) -> NotificationFact:
        return NotificationFact(
            id=self.pk,
            provider=self.provider,
            market=self.market,
            state=self.state,
            event_ref=self.event_ref,
            payment_ref=self.payment_ref or None,
            reason=self.reason,
            attempt_count=self.attempt_count,
            next_attempt_at=self.next_attempt_at,
            received_at=self.received_at,
        )
