"""Dated values (sellers, taxes, wallets, price endings) and published exchange rates. Imported by this package only."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from billing.exchange import HUBS, PEG


class Kind(models.TextChoices):
    SELLER = "seller"
    TAX_RULE = "tax_rule"
    PROVIDER_ROUTE = "provider_route"  # to collect with
    PAYOUT_ROUTE = "payout_route"  # to pay out with
    PRICE_LIST = "price_list"  # how discounted prices end, by country and currency


class BillingConfiguration(models.Model):
    """What was decided for a country and a subject, from one day on, by whom and on what ground.

    A row is never edited: a change closes it (`valid_to`, exclusive) and adds the next one. The migration's SQL keeps
    that so, and keeps two rows of one subject from being valid on the same day.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    country = models.CharField(max_length=2)
    subject = models.CharField(max_length=80, blank=True)  # "ebook/person", "wave/XOF", "XOF", "" for a seller
    value = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    legal_reference = models.TextField(blank=True)
    confidence = models.CharField(max_length=10)
    changed_by = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="configuration_kind_known"),
            models.CheckConstraint(
                condition=Q(confidence__in=["high", "medium", "low", "demo"]),
                name="configuration_confidence_known",
            ),
            # Equal dates are allowed: a row corrected on the day it began was never valid and stays as evidence.
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="configuration_ends_after_it_begins",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "country", "subject", "valid_from"], name="configuration_lookup")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.country} {self.subject} from {self.valid_from}"


class ExchangeRate(models.Model):
    """What a source published for a day: `rate` units of `quote` for one `base`, exact.

    A row is never edited. A wrong one is corrected by another with the next `correction`, recorded later; the
    migration's SQL keeps that so. Of a source that quotes two courses, `rate` is their mean. Rates between the euro and
    the currencies tied to it are law (`billing.exchange.PEGS`) and not in this table.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    source = models.CharField(max_length=10)  # "ECB", "BCEAO", "BEAC"
    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    on_date = models.DateField()
    rate = models.DecimalField(max_digits=28, decimal_places=12)
    buying = models.DecimalField(max_digits=28, decimal_places=12, null=True)
    selling = models.DecimalField(max_digits=28, decimal_places=12, null=True)
    correction = models.PositiveSmallIntegerField(default=0)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)
    file_sha256 = models.CharField(max_length=64, blank=True)  # of the imported file as it came, nothing by hand

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "base", "quote", "on_date", "correction"], name="exchange_rate_once"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(
                condition=Q(base__regex="^[A-Z]{3}$", quote__regex="^[A-Z]{3}$") & ~Q(base=models.F("quote")),
                name="exchange_rate_of_two_currencies",
            ),
            models.CheckConstraint(
                condition=Q(buying__isnull=True, selling__isnull=True)
                | Q(
                    buying__isnull=False,
                    selling__isnull=False,
                    buying__gt=0,
                    buying__lte=models.F("rate"),
                    selling__gte=models.F("rate"),
                ),
                name="exchange_rate_between_its_courses",
            ),
            models.CheckConstraint(
                condition=~Q(source=PEG) & ~Q(base__in=sorted(HUBS), quote__in=sorted(HUBS)),
                name="exchange_rate_not_the_law",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.rate} on {self.on_date} by {self.source}"
