"""What things cost, from one moment to another. Imported by this package only."""

from typing import ClassVar

from django.db import models

from billing.pricing.facts import PriceFact


class Price(models.Model):
    """One tax-inclusive price of one edition, in one country (`*`: wherever no own price is set) and currency.

    Never edited: a change closes it (`valid_to`, exclusive) and adds the next. The migration's SQL keeps that so.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    edition_ref = models.CharField(max_length=30)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="price_positive"),
            # Equal moments are allowed: a price replaced at the instant it began was never valid.
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="price_ends_after_it_begins",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["edition_ref", "country", "currency", "valid_from"], name="price_lookup")
        ]

    def __str__(self) -> str:
        return f"{self.edition_ref} {self.country} {self.amount_minor} {self.currency}"

    def as_fact(self) -> PriceFact:
        return PriceFact(self.id, self.edition_ref, self.country, self.currency, self.amount_minor)
