"""What a subscription is charged, how the money is asked for, and when it is earned."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from billing.subscriptions.facts import ChargeFact, MandateFact, RequestFact
from billing.subscriptions.models.plans import Plan
from billing.subscriptions.models.recurring import RecurringBilling


class PeriodCharge(models.Model):
    """One invoice of a subscription. A period has one, whoever asks for it and however often."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    subscription = models.ForeignKey(RecurringBilling, on_delete=models.PROTECT, related_name="charges")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)  # period, change
    state = models.CharField(max_length=10)  # open, paid, void
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    unit_minor = models.BigIntegerField()  # what a whole period of that plan costs
    unit_net_minor = models.BigIntegerField()  # the same before tax
    price_ref = models.CharField(max_length=30)
    starts_on = models.DateField()
    ends_on = models.DateField()
    gross_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    invoice_ref = models.CharField(max_length=30, unique=True)
    issued_on = models.DateField()  # the customer's day
    issued_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    entry_ref = models.CharField(max_length=30, blank=True)  # the journal entry that defers its income

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=["period", "change"]), name="charge_kind_known"),
            models.CheckConstraint(condition=Q(state__in=["open", "paid", "void"]), name="charge_state_known"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="charge_has_days"),
            models.UniqueConstraint(
                fields=["subscription", "number"], condition=Q(kind="period"), name="period_charged_once"
            ),
            models.UniqueConstraint(fields=["subscription"], condition=Q(state="open"), name="charge_one_open"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], condition=Q(state="open"), name="charge_open"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.kind} {self.number}"

    @property
    def day_count(self) -> int:
        return int((self.ends_on - self.starts_on).days)

    def as_fact(self) -> ChargeFact:
        return ChargeFact(
            id=self.id,
            number=self.number,
            kind=self.kind,
            state=self.state,
            plan_ref=self.plan_id,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            gross_minor=self.gross_minor,
            currency=self.currency,
            invoice_ref=self.invoice_ref,
            issued_at=self.issued_at,
            settled_at=self.settled_at,
        )


class CollectionRequest(models.Model):
    """One time a customer is asked to pay one charge: committed before anybody's phone rings."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    charge = models.ForeignKey(PeriodCharge, on_delete=models.PROTECT, related_name="requests")
    step = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=10, default="waiting")  # waiting, sent, refused
    payment_ref = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    planned_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_hour = models.PositiveSmallIntegerField(null=True)  # of the customer's clock
    country = models.CharField(max_length=2)
    subscriber = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["charge", "step"], name="request_once_a_step"),
            models.CheckConstraint(
                condition=Q(outcome__in=["waiting", "sent", "refused"]), name="request_outcome_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["planned_at"], condition=Q(outcome="waiting"), name="request_waiting"),
            models.Index(fields=["country", "approved_hour"], name="request_approved"),
            models.Index(fields=["subscriber", "approved_hour"], name="request_approved_by"),
        ]

    def __str__(self) -> str:
        return f"{self.charge_id} {self.step}"

    def as_fact(self) -> RequestFact:
        return RequestFact(
            id=self.id,
            charge_ref=self.charge_id,
            step=self.step,
            way=self.way,
            outcome=self.outcome,
            payment_ref=self.payment_ref or None,
            note=self.note,
            planned_at=self.planned_at,
        )


class Mandate(models.Model):
    """A payer's leave to debit without being asked each time, where the wallet knows such a thing."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    subscription = models.ForeignKey(RecurringBilling, on_delete=models.PROTECT, related_name="mandates")
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    payer_phone_sealed = models.TextField()
    platform = models.CharField(max_length=40, blank=True)  # of the provider's: it can be asked only where it was made
    state = models.CharField(max_length=10)  # pending, approved, rejected, expired, cancelled
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state__in=["pending", "approved"]), name="mandate_one_alive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "approved", "rejected", "expired", "cancelled"]),
                name="mandate_state_known",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="mandate_due"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    def as_fact(self) -> MandateFact:
        return MandateFact(self.id, self.subscription_id, self.provider, self.state, self.expires_at)


class RevenueSchedule(models.Model):
    """What one paid line is worth, day by day; how much of it is in the income account already."""

    item_ref = models.CharField(max_length=30, unique=True)
    charge = models.ForeignKey(PeriodCharge, on_delete=models.PROTECT, related_name="schedules")
    subscription = models.ForeignKey(RecurringBilling, on_delete=models.PROTECT, related_name="schedules")
    entity = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()  # negative: the line gave back
    starts_on = models.DateField()
    ends_on = models.DateField()
    held_from = models.DateField(null=True)  # paused: no day from here on counts
    recognised_days = models.PositiveIntegerField(default=0)
    recognised_minor = models.BigIntegerField(default=0)
    next_day = models.DateField(null=True)  # the first that is not recognised; None: all are

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="schedule_has_days"),
            # Complete means to the franc.
            models.CheckConstraint(
                condition=Q(next_day__isnull=False) | Q(recognised_minor=F("net_minor")), name="schedule_sums"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_day", "id"], condition=Q(next_day__isnull=False), name="schedule_due"),
        ]

    def __str__(self) -> str:
        return f"{self.item_ref} {self.recognised_minor} of {self.net_minor}"
