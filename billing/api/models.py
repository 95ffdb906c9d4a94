"""Which POST was answered how, so that asking twice does once."""

from typing import ClassVar

from django.db import models


class IdempotencyKey(models.Model):
    """One key of one caller on one route. Inserting the row is the lock; the stored answer is what a repeat gets."""

    caller_ref = models.CharField(max_length=40)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    # Whoever runs the request holds the lock until then; `turn` counts the holders, so that one given up for dead
    # cannot write over the answer of the one who took its place.
    locked_until = models.DateTimeField()
    turn = models.PositiveIntegerField(default=1)
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)  # sealed: an answer may hold a secret

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["caller_ref", "route", "key"], name="one_row_a_key"),
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, status__isnull=True)
                | models.Q(answered_at__isnull=False, status__range=(200, 499)),
                name="only_definitive_answers_are_kept",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["caller_ref", "created_at"])]
