"""One table of dated values: sellers, tax rules, provider routes. Imported by this package only."""

from typing import ClassVar

from django.db import models


class Kind(models.TextChoices):
    SELLER = "seller"
    TAX_RULE = "tax_rule"
    PROVIDER_ROUTE = "provider_route"


class BillingConfiguration(models.Model):
    """What was decided for a country and a subject, from one day on, by whom and on what ground.

    A row is never edited: a change closes it (`valid_to`, exclusive) and adds the next one. The migration's SQL keeps
    that so, and keeps two rows of one subject from being valid on the same day.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    country = models.CharField(max_length=2)
    subject = models.CharField(max_length=80, blank=True)  # "ebook/person", "wave/XOF", "" for a seller
    value = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    legal_reference = models.TextField(blank=True)
    confidence = models.CharField(max_length=10)
    changed_by = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="configuration_kind_known"),
            models.CheckConstraint(
                condition=models.Q(confidence__in=["high", "medium", "low", "demo"]),
                name="configuration_confidence_known",
            ),
            # Equal dates are allowed: a row corrected on the day it began was never valid and stays as evidence.
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="configuration_ends_after_it_begins",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "country", "subject", "valid_from"], name="configuration_lookup")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.country} {self.subject} from {self.valid_from}"
