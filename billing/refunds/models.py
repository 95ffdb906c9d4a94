"""Refunds, what happened to them, and disputes. Imported by this package only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.refunds.facts import DisputeFact, RefundEventFact, RefundFact, Way
from billing.refunds.states import State


class Refund(models.Model):
    """A part of one payment given back. What was granted is frozen by trigger; the id is our reference there."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    payment_ref = models.CharField(max_length=30, db_index=True)
    invoice_ref = models.CharField(max_length=30, db_index=True)
    invoice_number = models.CharField(max_length=60)
    owner_ref = models.CharField(max_length=30)
    booked_as = models.CharField(max_length=20)  # what the payment was booked as
    entity = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    platform = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    fee_back_minor = models.BigIntegerField()  # what the provider gives back of its fee, as its terms say
    way = models.CharField(max_length=10)
    reason = models.TextField()
    requested_by = models.CharField(max_length=60)
    requested_at = models.DateTimeField()

    state = models.CharField(max_length=20, default=State.GRANTED.value)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    payout_ref = models.CharField(max_length=30, blank=True)
    refused_rule = models.CharField(max_length=30, blank=True)  # why the last batch would not take it
    granted_entry_ref = models.CharField(max_length=30, blank=True)
    sent_entry_ref = models.CharField(max_length=30, blank=True)
    provider_ref = models.CharField(max_length=120, null=True)
    transaction_ref = models.CharField(max_length=120, null=True)
    failure_reason = models.CharField(max_length=40, blank=True)
    failure_code = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    check_count = models.PositiveIntegerField(default=0)
    not_found_count = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="refund_state_known"),
            models.CheckConstraint(condition=Q(way__in=[way.value for way in Way]), name="refund_way_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=~Q(booked_as="captured") | Q(amount_minor=models.F("net_minor") + models.F("tax_minor")),
                name="refund_of_a_sale_is_net_and_tax",
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(settled_at__isnull=False), name="refund_success_is_dated"
            ),
            models.UniqueConstraint(fields=["provider", "market", "provider_ref"], name="refund_provider_ref_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="refund_due"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    def as_fact(self) -> RefundFact:
        return RefundFact(
            id=self.id,
            payment_ref=self.payment_ref,
            invoice_ref=self.invoice_ref,
            owner_ref=self.owner_ref,
            provider=self.provider,
            market=self.market,
            way=self.way,
            state=str(self.state),
            amount_minor=self.amount_minor,
            net_minor=self.net_minor,
            tax_minor=self.tax_minor,
            fee_back_minor=self.fee_back_minor,
            currency=self.currency,
            reason=self.reason,
            requested_by=self.requested_by,
            payout_ref=self.payout_ref or None,
            refused_rule=self.refused_rule or None,
            transaction_ref=self.transaction_ref,
            failure_reason=self.failure_reason or None,
            flags=tuple(self.flags),
            requested_at=self.requested_at,
            settled_at=self.settled_at,
        )


class RefundEvent(models.Model):
    """One change of state, or one answer worth remembering. Append-only by trigger."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="events")
    state = models.CharField(max_length=20)
    source = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=60, blank=True)
    raw = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.refund_id} {self.state}"

    def as_fact(self) -> RefundEventFact:
        return RefundEventFact(self.state, self.source, self.note, self.by, self.happened_at)


class Dispute(models.Model):
    """Somebody contests a payment."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    payment_ref = models.CharField(max_length=30, db_index=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    reason = models.TextField()
    state = models.CharField(max_length=10, default="open")
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    outcome_note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=["open", "won", "lost"]), name="dispute_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_amount_positive"),
            models.UniqueConstraint(fields=["payment_ref"], condition=Q(state="open"), name="dispute_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    def as_fact(self) -> DisputeFact:
        return DisputeFact(
            id=self.id,
            payment_ref=self.payment_ref,
            amount_minor=self.amount_minor,
            currency=self.currency,
            reason=self.reason,
            state=self.state,
            opened_by=self.opened_by,
            opened_at=self.opened_at,
            decided_at=self.decided_at,
            outcome_note=self.outcome_note,
        )
