"""Reading sessions as devices told them. Database: reading."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from reading.activity.facts import SessionFact


class ReadingSession(models.Model):
    """A range of pages read by one reader on one device. Append-only by trigger: royalties are computed from it."""

    id = models.CharField(primary_key=True, max_length=30)  # ses_…
    user_ref = models.CharField(max_length=30)
    edition_ref = models.CharField(max_length=30)
    device_ref = models.CharField(max_length=64)
    client_uuid = models.UUIDField()  # chosen by the device, so that it may send the same session again
    first_page = models.PositiveIntegerField()
    last_page = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user_ref", "client_uuid"], name="activity_one_session_a_client_uuid"),
            models.CheckConstraint(condition=Q(first_page__gte=1), name="activity_pages_begin_at_one"),
            models.CheckConstraint(condition=Q(last_page__gte=F("first_page")), name="activity_pages_in_order"),
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="activity_times_in_order"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user_ref", "edition_ref"], name="activity_of_reader"),
            models.Index(fields=["ended_at"], name="activity_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.user_ref} {self.edition_ref} {self.first_page}–{self.last_page}"

    def as_fact(self) -> SessionFact:
        return SessionFact(
            id=self.id,
            user_ref=self.user_ref,
            edition_ref=self.edition_ref,
            device_ref=self.device_ref,
            client_uuid=self.client_uuid,
            first_page=self.first_page,
            last_page=self.last_page,
            started_at=self.started_at,
            ended_at=self.ended_at,
        )
