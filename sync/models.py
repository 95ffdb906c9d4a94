"""The outbox of facts and the cursors of those who read it. These tables are in every database."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Cast

from sync.facts import EventFact


class CrossServiceEvent(models.Model):
    """One thing that became true, written in the transaction that made it true. Append-only by trigger."""

    id = models.BigAutoField(primary_key=True)
    ref = models.CharField(max_length=30, unique=True)  # evt_…
    topic = models.CharField(max_length=60)
    subject_ref = models.CharField(max_length=60)
    payload = models.JSONField()
    happened_at = models.DateTimeField()
    # Which transaction wrote the row, told by the database: ids alone are given before the commit, so an event with a
    # lower id may become visible after one with a higher id. 64 bits, so it does not wrap around.
    xid = models.BigIntegerField(
        db_default=Cast(
            Cast(models.Func(function="pg_current_xact_id"), models.TextField()),
            models.BigIntegerField(),
        ),
        editable=False,
    )

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["xid", "id"], name="sync_event_position")]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_ref}"

    def as_fact(self) -> EventFact:
        return EventFact(
            id=self.ref,
            topic=self.topic,
            subject_ref=self.subject_ref,
            payload=self.payload,
            happened_at=self.happened_at,
        )


class ServiceSync(models.Model):
    """How far one consumer has read one source. Lives in the consumer's database, beside what it feeds."""

    id = models.BigAutoField(primary_key=True)
    consumer = models.CharField(max_length=60)
    source = models.CharField(max_length=60)  # a database alias
    topics = models.JSONField(default=list)
    position_xid = models.BigIntegerField(default=0)
    position_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()
    latest_error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consumer", "source"], name="sync_one_cursor_a_consumer_and_source"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} ← {self.source}"
