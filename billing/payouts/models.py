"""Payouts, the batches they are approved in, and what happened to them. Imported by this package only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.ledger.draft import AccountKey
from billing.payouts.facts import BatchFact, PayoutEventFact, PayoutFact, Refusal
from billing.payouts.states import OPEN, State

_BATCH_STATES = ("prepared", "approved", "rejected")


class PayoutBatch(models.Model):
    """What one person prepared and another one decides about."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default="prepared")
    prepared_by = models.CharField(max_length=60)
    prepared_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    refusals = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=_BATCH_STATES), name="payout_batch_state_known"),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(prepared_by=F("decided_by")), name="payout_batch_takes_two"
            ),
            models.CheckConstraint(
                condition=Q(state="prepared", decided_by__isnull=True) | Q(decided_by__isnull=False),
                name="payout_batch_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    def as_fact(self) -> BatchFact:
        return BatchFact(
            id=self.id,
            title=self.title,
            state=self.state,
            prepared_by=self.prepared_by,
            prepared_at=self.prepared_at,
            decided_by=self.decided_by,
            decided_at=self.decided_at,
            reason=self.reason,
            payouts=tuple(row.as_fact() for row in self.payouts.order_by("id")),
            refusals=tuple(Refusal(**refusal) for refusal in self.refusals),
        )


class Payout(models.Model):
    """One transfer to one wallet. What was approved is frozen by trigger; the id is our reference at the provider."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    batch = models.ForeignKey(PayoutBatch, on_delete=models.PROTECT, related_name="payouts")
    key = models.CharField(max_length=120)
    part = models.PositiveSmallIntegerField()
    part_count = models.PositiveSmallIntegerField()
    entity = models.CharField(max_length=40)
    account_code = models.CharField(max_length=8)
    account_holder = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    platform = models.CharField(max_length=40, blank=True)
    payee_name = models.CharField(max_length=160)
    payee_phone_sealed = models.TextField()
    payee_phone_index = models.CharField(max_length=64, db_index=True)
    payee_phone_masked = models.CharField(max_length=20)
    description = models.CharField(max_length=120)
    source_ref = models.CharField(max_length=80)

    state = models.CharField(max_length=20, default=State.PREPARED.value)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    hold_ref = models.CharField(max_length=30, blank=True)
    entry_ref = models.CharField(max_length=30, blank=True)  # the journal entry of the money that left
    fee_entry_ref = models.CharField(max_length=30, blank=True)
    ticket = models.CharField(max_length=120, blank=True)  # handed out by the provider before it is sent
    provider_ref = models.CharField(max_length=120, null=True)
    transaction_ref = models.CharField(max_length=120, null=True)
    failure_reason = models.CharField(max_length=40, blank=True)
    failure_code = models.CharField(max_length=80, blank=True)

    prepared_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # when it was first sent, as far as we know
    settled_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    check_count = models.PositiveIntegerField(default=0)
    not_found_count = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="payout_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_amount_positive"),
            models.CheckConstraint(condition=Q(fee_minor__gte=0), name="payout_fee_not_negative"),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(state.value for state in OPEN)) | ~Q(hold_ref=""),
                name="payout_held_before_it_is_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["succeeded", "reversed"]) | ~Q(entry_ref=""), name="payout_success_is_booked"
            ),
            models.UniqueConstraint(
                fields=["key", "part"],
                # One that failed and was paid after all stands beside the one that took its place; both are true.
                condition=~Q(state__in=["rejected", "failed", "reversed"]) & ~Q(flags__contains=["late_success"]),
                name="payout_once",
            ),
            models.UniqueConstraint(fields=["provider", "market", "provider_ref"], name="payout_provider_ref_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="payout_due"),
            models.Index(fields=["source_ref"], name="payout_source"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def account(self) -> AccountKey:
        return AccountKey(self.entity, self.account_code, self.currency, self.account_holder)

    def as_fact(self) -> PayoutFact:
        return PayoutFact(
            id=self.id,
            batch_ref=self.batch_id,
            key=self.key,
            part=self.part,
            part_count=self.part_count,
            provider=self.provider,
            market=self.market,
            state=str(self.state),
            account=self.account,
            amount_minor=self.amount_minor,
            currency=self.currency,
            fee_minor=self.fee_minor,
            payee_name=self.payee_name,
            payee_phone_masked=self.payee_phone_masked,
            description=self.description,
            source_ref=self.source_ref,
            transaction_ref=self.transaction_ref,
            failure_reason=self.failure_reason or None,
            flags=tuple(self.flags),
            prepared_at=self.prepared_at,
            settled_at=self.settled_at,
            next_check_at=self.next_check_at,
        )


class PayoutEvent(models.Model):
    """One change of state, or one answer worth remembering. Append-only by trigger; `raw` has phone numbers masked."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="events")
    state = models.CharField(max_length=20)
    source = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=60, blank=True)
    raw = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.payout_id} {self.state}"

    def as_fact(self) -> PayoutEventFact:
        return PayoutEventFact(self.state, self.source, self.note, self.by, self.happened_at)
