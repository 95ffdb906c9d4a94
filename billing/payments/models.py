"""Payment attempts and what happened to them. Imported by this package only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.payments.facts import NO_ACTION, DecisionFact, NextActionFact, PaymentEventFact, PaymentFact
from billing.payments.outcome import Attempt
from billing.payments.states import OPEN, DecisionState, State


class PaymentTransaction(models.Model):
    """One attempt to collect one invoice with one provider.

    What was asked (invoice, wallet, amount) is frozen by trigger; answers are compared with it, never with the invoice.
    The id is our reference at the provider, committed before anything is sent and never sent for another attempt.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    invoice_ref = models.CharField(max_length=30, db_index=True)
    invoice_number = models.CharField(max_length=60)
    owner_ref = models.CharField(max_length=30)
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    route_ref = models.CharField(max_length=30)
    entity = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()  # expected by the route; the provider's settlement may correct it
    payer_phone_sealed = models.TextField(blank=True)
    payer_phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    payer_phone_masked = models.CharField(max_length=20, blank=True)
    return_url = models.TextField()
    ticket = models.CharField(max_length=120, blank=True)  # handed out by the provider before anything is asked
    platform = models.CharField(max_length=40, blank=True)  # of the provider's: it can be asked only where it was made

    state = models.CharField(max_length=20, default=State.CREATED.value)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    provider_ref = models.CharField(max_length=120, null=True)
    transaction_ref = models.CharField(max_length=120, null=True)
    failure_reason = models.CharField(max_length=40, blank=True)
    failure_code = models.CharField(max_length=80, blank=True)
    action_kind = models.CharField(max_length=30, default="none")
    action_url = models.TextField(blank=True)
    action_instructions = models.TextField(blank=True)
    action_details = models.JSONField(default=dict)  # qr, ussd, links
    secrets_sealed = models.TextField(blank=True)  # what the provider wants to hear again, sealed
    action_expires_at = models.DateTimeField(null=True)

    started_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)  # when its money was booked
    entry_ref = models.CharField(max_length=30, blank=True)  # the journal entry of that money
    booked_as = models.CharField(max_length=20, blank=True)  # captured, captured_twice, mismatch

    checked_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    check_count = models.PositiveIntegerField(default=0)
    not_found_count = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)  # one process is at it until then

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="payment_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, fee_minor__lte=models.F("amount_minor")), name="payment_fee_within_amount"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SUCCEEDED.value) | ~Q(entry_ref=""), name="payment_success_is_booked"
            ),
            # The payer in a second tab is shown the first attempt, and never pays twice by impatience.
            models.UniqueConstraint(
                fields=["invoice_ref"],
                condition=Q(state__in=sorted(state.value for state in OPEN)),
                name="payment_one_open_per_invoice",
            ),
            # Ids are a provider's within one country: two countries' systems may give the same one.
            models.UniqueConstraint(fields=["provider", "market", "provider_ref"], name="payment_provider_ref_once"),
            models.UniqueConstraint(
                fields=["provider", "market", "transaction_ref"], name="payment_transaction_ref_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="payment_due"),
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="payment_settled"),
            models.Index(fields=["started_at"], condition=Q(state="needs_review"), name="payment_in_review"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    def as_attempt(self) -> Attempt:
        return Attempt(
            id=self.id,
            state=State(self.state),
            amount_minor=self.amount_minor,
            currency=self.currency,
            booked=bool(self.entry_ref),
            started_at=self.started_at,
            settled_at=self.settled_at,
            not_found_count=self.not_found_count,
        )

    def as_fact(self) -> PaymentFact:
        return PaymentFact(
            id=self.id,
            invoice_ref=self.invoice_ref,
            owner_ref=self.owner_ref,
            provider=self.provider,
            market=self.market,
            state=str(self.state),
            amount_minor=self.amount_minor,
            currency=self.currency,
            fee_minor=self.fee_minor,
            payer_phone_masked=self.payer_phone_masked,
            next_action=self._next_action(),
            provider_ref=self.provider_ref,
            transaction_ref=self.transaction_ref,
            failure_reason=self.failure_reason or None,
            flags=tuple(self.flags),
            started_at=self.started_at,
            settled_at=self.settled_at,
            next_check_at=self.next_check_at,
        )

    def _next_action(self) -> NextActionFact:
        if self.state not in OPEN:
            return NO_ACTION
        return NextActionFact(
            kind=self.action_kind,
            url=self.action_url or None,
            instructions=self.action_instructions or None,
            expires_at=self.action_expires_at,
            qr=self.action_details.get("qr"),
            ussd=self.action_details.get("ussd"),
            links=self.action_details.get("links", {}),
        )


class PaymentEvent(models.Model):
    """One change of state, or one answer worth remembering. Append-only by trigger; `raw` has phone numbers masked."""

    payment = models.ForeignKey(PaymentTransaction, on_delete=models.PROTECT, related_name="events")
    state = models.CharField(max_length=20)
    source = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=60, blank=True)
    raw = models.JSONField(default=dict)
    happened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="payment_event_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.state}"

    def as_fact(self) -> PaymentEventFact:
        return PaymentEventFact(
            state=self.state, source=self.source, note=self.note, by=self.by, happened_at=self.happened_at
        )


class PaymentDecision(models.Model):
    """What one person says became of a payment nobody could tell of, and what another one made of it.

    What was proposed is frozen by trigger, and what was made of it is said once.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    payment = models.ForeignKey(PaymentTransaction, on_delete=models.PROTECT, related_name="decisions")
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    was_paid = models.BooleanField()
    proof = models.CharField(max_length=120)  # the provider's reference: of the movement, or of its reply
    reason = models.TextField()
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=DecisionState.PROPOSED.value)
    decided_by = models.CharField(max_length=60, blank=True)  # empty where the provider was quicker
    decided_at = models.DateTimeField(null=True)
    decided_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in DecisionState]), name="payment_decision_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="payment_decision_takes_two",
            ),
            models.CheckConstraint(
                condition=~Q(proof="") & ~Q(reason="") & ~Q(proposed_by=""), name="payment_decision_is_founded"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True) | Q(decided_at__isnull=False),
                name="payment_decision_is_dated",
            ),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(state="proposed"), name="payment_decision_one_open"
            ),
            # One movement of the provider's proves one payment.
            models.UniqueConstraint(
                fields=["provider", "market", "proof"],
                condition=Q(was_paid=True, state__in=["proposed", "confirmed"]),
                name="payment_decision_proof_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    def as_fact(self) -> DecisionFact:
        return DecisionFact(
            id=self.id,
            payment_ref=self.payment_id,
            was_paid=self.was_paid,
            proof=self.proof,
            reason=self.reason,
            proposed_by=self.proposed_by,
            proposed_at=self.proposed_at,
            state=str(self.state),
            decided_by=self.decided_by or None,
            decided_at=self.decided_at,
            decided_why=self.decided_why,
        )
