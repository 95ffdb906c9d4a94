"""Subscriptions and what happened to them."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q

from billing import phones
from billing.subscriptions.facts import SubscriptionEventFact, SubscriptionFact
from billing.subscriptions.models.plans import Plan, TestClock
from billing.subscriptions.periods import Anchor
from billing.subscriptions.states import LIVE, State

if TYPE_CHECKING:
    from billing.subscriptions.models.charges import PeriodCharge

# As plain text: migrations are history and must not import today's code.
_STATES = [state.value for state in State]
_LIVE = sorted(state.value for state in LIVE)


class RecurringBilling(models.Model):
    """One customer's subscription to one plan."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    owner_ref = models.CharField(max_length=40)
    clock = models.ForeignKey(TestClock, on_delete=models.PROTECT, null=True, related_name="subscriptions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    next_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")

    customer_name = models.TextField()
    customer_phone_sealed = models.TextField(blank=True)
    customer_phone_index = models.CharField(max_length=64, blank=True)
    customer_email = models.TextField(blank=True)
    customer_language = models.CharField(max_length=10)
    customer_user_ref = models.CharField(max_length=30, blank=True, db_index=True)
    client_ref = models.CharField(max_length=40, blank=True)  # the API client's own word for the customer
    subscriber = models.CharField(max_length=64)  # the client's word, our account, or the phone's blind index
    country = models.CharField(max_length=2)
    timezone = models.CharField(max_length=60)
    provider = models.CharField(max_length=40)

    currency = models.CharField(max_length=3)
    unit_minor = models.BigIntegerField()  # what was agreed for a period; see PriceNotice
    price_ref = models.CharField(max_length=30)

    state = models.CharField(max_length=10)
    anchor_on = models.DateField()
    anchor_number = models.PositiveIntegerField(default=1)
    number = models.PositiveIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()
    trial_ends_on = models.DateField(null=True)
    grace_ends_on = models.DateField(null=True)
    gives_up_on = models.DateField(null=True)
    cancels_at_end = models.BooleanField(default=False)
    paused_from = models.DateField(null=True)
    resumes_on = models.DateField(null=True)
    asks_stopped_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True)
    end_reason = models.TextField(blank=True)
    started_at = models.DateTimeField()

    due_at = models.DateTimeField(null=True)
    next_ask_at = models.DateTimeField(null=True)
    asked_count = models.PositiveSmallIntegerField(default=0)  # for the open charge
    held_reason = models.TextField(blank=True)  # why what was due could not be done; tried again a day later

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="subscription_state_known"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="subscription_period_has_days"),
            models.CheckConstraint(condition=Q(unit_minor__gt=0), name="subscription_price_positive"),
            models.CheckConstraint(
                condition=Q(state__in=_LIVE, ended_on__isnull=True)
                | ~Q(state__in=_LIVE) & Q(ended_on__isnull=False, due_at__isnull=True, next_ask_at__isnull=True),
                name="subscription_ended_is_over",
            ),
            # Two taps on «subscribe» are one subscription.
            models.UniqueConstraint(
                fields=["owner_ref", "subscriber", "plan"],
                condition=Q(state__in=_LIVE),
                name="subscription_once_a_plan",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="subscription_due"),
            models.Index(fields=["next_ask_at"], condition=Q(next_ask_at__isnull=False), name="subscription_to_ask"),
            models.Index(fields=["owner_ref", "-id"], name="subscription_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.anchor_on, self.anchor_number)

    @property
    def phone(self) -> str | None:
        return phones.unseal(self.customer_phone_sealed) if self.customer_phone_sealed else None

    def as_fact(self, open_charge: "PeriodCharge | None" = None) -> SubscriptionFact:
        return SubscriptionFact(
            id=self.id,
            owner_ref=self.owner_ref,
            plan_ref=self.plan_id,
            next_plan_ref=self.next_plan_id,
            state=str(self.state),
            customer_name=self.customer_name,
            user_ref=self.customer_user_ref or None,
            client_ref=self.client_ref or None,
            country=self.country,
            currency=self.currency,
            timezone=self.timezone,
            language=self.customer_language,
            provider=self.provider,
            phone_masked=phones.mask(self.phone) if self.phone else "",
            unit_minor=self.unit_minor,
            number=self.number,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            trial_ends_on=self.trial_ends_on,
            grace_ends_on=self.grace_ends_on,
            gives_up_on=self.gives_up_on,
            cancels_at_end=self.cancels_at_end,
            paused_from=self.paused_from,
            resumes_on=self.resumes_on,
            asks_stopped=self.asks_stopped_at is not None,
            ended_on=self.ended_on,
            end_reason=self.end_reason,
            clock_ref=self.clock_id,
            open_charge=open_charge.as_fact() if open_charge else None,
            started_at=self.started_at,
            due_at=self.due_at,
            next_ask_at=self.next_ask_at,
        )


class SubscriptionEvent(models.Model):
    """One change, with who and why. Append-only by trigger."""

    subscription = models.ForeignKey(RecurringBilling, on_delete=models.PROTECT, related_name="events")
    state = models.CharField(max_length=10)
    what = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    by = models.CharField(max_length=60)
    details = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.what}"

    def as_fact(self) -> SubscriptionEventFact:
        return SubscriptionEventFact(self.state, self.what, self.reason, self.by, self.happened_at)


class PriceNotice(models.Model):
    """A subscriber was told of another price. Without one, told in time, the agreed price stays."""

    subscription = models.ForeignKey(RecurringBilling, on_delete=models.PROTECT, related_name="price_notices")
    price_ref = models.CharField(max_length=30)
    unit_minor = models.BigIntegerField()
    takes_effect_on = models.DateField()  # not for periods that begin earlier
    told_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subscription", "price_ref"], name="price_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.unit_minor}"
