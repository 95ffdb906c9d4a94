"""Tables of statements. Nothing here is ever changed."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Statement(models.Model):
    """What was told to one payee about one month, in one currency, by one legal entity."""

    id = models.CharField(primary_key=True, max_length=30)  # stm_…
    number = models.CharField(max_length=30)  # ST-2026-10-0001
    version = models.PositiveIntegerField()
    payee_ref = models.CharField(max_length=30)
    payee_name = models.CharField(max_length=160)
    entity = models.CharField(max_length=30)
    period = models.CharField(max_length=7)
    currency = models.CharField(max_length=3)
    opening_minor = models.BigIntegerField()
    earned_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    issued_at = models.DateTimeField()
    document = models.JSONField()  # everything it shows; `sha256` is that of its canonical text
    sha256 = models.CharField(max_length=64)
    entry_ref = models.CharField(max_length=30, blank=True)  # empty when nothing was earned

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["number", "version"], name="statement_number_once"),
            models.UniqueConstraint(
                fields=["payee_ref", "entity", "currency", "period", "version"], name="statement_month_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    closing_minor=models.F("opening_minor") + models.F("earned_minor") - models.F("paid_minor")
                ),
                name="statement_adds_up",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["period"], name="statement_by_period")]

    def __str__(self) -> str:
        return self.number


class StatementPdf(models.Model):
    """The file a payee downloads, made once: the same bytes every time after."""

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, primary_key=True, related_name="pdf")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.sha256
