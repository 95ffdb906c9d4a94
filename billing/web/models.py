"""Which checkout form was sent already, so that a double click or a reload makes one payment."""

from typing import ClassVar

from django.db import models


class Submission(models.Model):
    """One form as it was drawn, sent once. Inserting the row is the lock; `payment_ref` is what came of it."""

    key = models.CharField(primary_key=True, max_length=30)  # chk_…, hidden in the form
    sent_at = models.DateTimeField()
    locked_until = models.DateTimeField()
    payment_ref = models.CharField(max_length=30, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["sent_at"])]
