"""Plans, the rules by which their customers are asked, and clocks for test customers."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.subscriptions.facts import ClockFact, CollectionRuleFact, PlanFact
from billing.subscriptions.periods import Interval, Rhythm

ANY = "*"
# As plain text: migrations are history and must not import today's code.
_INTERVALS = [interval.value for interval in Interval]


class Plan(models.Model):
    """What can be subscribed to. What it is never changes (trigger); it may be withdrawn from offer."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    owner_ref = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    title = models.TextField()
    title_en = models.TextField()
    interval = models.CharField(max_length=10)
    interval_count = models.PositiveSmallIntegerField(default=1)
    trial_days = models.PositiveSmallIntegerField(default=0)
    product_kind = models.CharField(max_length=20)
    is_offered = models.BooleanField(default=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner_ref", "code"], name="plan_codes_differ"),
            models.CheckConstraint(condition=Q(interval__in=_INTERVALS), name="plan_interval_known"),
            models.CheckConstraint(condition=Q(interval_count__gte=1), name="plan_interval_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.code}"

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(Interval(self.interval), self.interval_count)

    def as_fact(self) -> PlanFact:
        return PlanFact(
            id=self.id,
            owner_ref=self.owner_ref,
            code=self.code,
            title=self.title,
            title_en=self.title_en,
            interval=self.interval,
            interval_count=self.interval_count,
            trial_days=self.trial_days,
            product_kind=self.product_kind,
            is_offered=self.is_offered,
        )


class CollectionRule(models.Model):
    """How customers of a country and interval (`*`: any) are asked, from one day on, by whom and on what ground.

    Never edited: a change closes it (`valid_to`, exclusive) and adds the next; the migration's SQL keeps that so.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    country = models.CharField(max_length=2, default=ANY)
    interval = models.CharField(max_length=10, default=ANY)
    ask_days = ArrayField(models.PositiveSmallIntegerField())
    grace_days = models.PositiveSmallIntegerField()
    give_up_days = models.PositiveSmallIntegerField()
    price_notice_days = models.PositiveSmallIntegerField()
    first_hour = models.PositiveSmallIntegerField()
    end_hour = models.PositiveSmallIntegerField()
    usual_hour = models.PositiveSmallIntegerField()
    legal_reference = models.TextField(blank=True)
    confidence = models.CharField(max_length=10)
    changed_by = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(first_hour__lte=F("usual_hour"), usual_hour__lt=F("end_hour"), end_hour__lte=24),
                name="collection_by_day",
            ),
            models.CheckConstraint(condition=Q(grace_days__lte=F("give_up_days")), name="collection_grace_ends_first"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="collection_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["country", "interval"], condition=Q(valid_to__isnull=True), name="collection_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.interval} from {self.valid_from}"

    def as_fact(self) -> CollectionRuleFact:
        return CollectionRuleFact(**{name: getattr(self, name) for name in CollectionRuleFact.__slots__})


class TestClock(models.Model):
    """A clock for test customers. Only forward."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    owner_ref = models.CharField(max_length=40, db_index=True)
    name = models.CharField(max_length=80, blank=True)
    now_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id} {self.now_at}"

    def as_fact(self) -> ClockFact:
        return ClockFact(self.id, self.owner_ref, self.name, self.now_at)
