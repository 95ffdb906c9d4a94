"""The ledger's tables. Only SQL functions (migrations/*.sql) write to them; triggers and grants refuse everybody else.

Laid out to grow: entries and postings are append-only and carry `recorded_at`, by which they can be partitioned by
month; what must be unique for ever (idempotency keys, reversals) has a table of its own: a partitioned table can
only hold uniqueness per month.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from billing.ledger import chart, entry_ids

if TYPE_CHECKING:
    _TextField = models.Field[str, str]
else:
    _TextField = models.Field  # generic in the type stubs only


class EntryIdField(_TextField):
    """`jrn_…` in Python, 16 bytes in the table."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "uuid"

    def get_prep_value(self, value: Any) -> Any:
        return entry_ids.to_uuid(value) if isinstance(value, str) else value

    def from_db_value(self, value: UUID | None, *_: object) -> str | None:
        return None if value is None else entry_ids.from_uuid(value)


class HoldIdField(EntryIdField):
    """`hld_…` in Python, 16 bytes in the table."""

    def get_prep_value(self, value: Any) -> Any:
        return entry_ids.to_uuid(value, prefix=entry_ids.HOLD) if isinstance(value, str) else value

    def from_db_value(self, value: UUID | None, *_: object) -> str | None:
        return None if value is None else entry_ids.from_uuid(value, prefix=entry_ids.HOLD)


class ChartAccount(models.Model):
    """The chart of accounts as `chart.py` has it, so that the database too knows no other account.

    Loaded after every migration; what is decided here for a code holds for accounts opened from then on.
    """

    code = models.CharField(max_length=8, primary_key=True, db_collation="C")
    side = models.SmallIntegerField(help_text="1: usually a debit balance, -1: usually a credit balance")
    stripes = models.SmallIntegerField()
    floor_minor = models.BigIntegerField(null=True)
    french = models.TextField()
    english = models.TextField()

    def __str__(self) -> str:
        return f"{self.code} {self.french}"


class Account(models.Model):
    """One account of one legal entity, in one currency, for one holder (a wallet, a payee, or nobody).

    Its number is 64 bits of the SHA-256 of its name: see `ledger_account_id`.
    """

    id = models.BigIntegerField(primary_key=True)
    entity = models.CharField(max_length=40, db_collation="C")
    code = models.CharField(max_length=8, db_collation="C")
    currency = models.CharField(max_length=3, db_collation="C")
    holder = models.CharField(max_length=80, blank=True, db_collation="C")
    side = models.SmallIntegerField()
    stripes = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "code", "currency", "holder"], name="ledger_account_once"),
            models.CheckConstraint(condition=models.Q(entity__gt=""), name="ledger_account_entity"),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[1-9][0-9]{1,7}$"), name="ledger_account_code"),
            models.CheckConstraint(condition=models.Q(currency__regex="^[A-Z]{3}$"), name="ledger_account_currency"),
            models.CheckConstraint(condition=models.Q(side__in=[-1, 1]), name="ledger_account_side"),
            models.CheckConstraint(condition=models.Q(stripes__gte=1), name="ledger_account_stripes"),
            models.CheckConstraint(condition=~models.Q(holder__regex="[[:cntrl:]]"), name="ledger_account_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.code} {self.currency} {self.holder}".rstrip()


class AccountBalance(models.Model):
    """What an account holds now: one row, or one a stripe for an account nobody must wait for.

    Narrow and half filled, because every posting updates one. `recorded_at` is the last posting's; `lag_us` the longest
    any posting took from happening to being recorded, in microseconds. The limits stand here so that they are read
    under the lock; they are on the account's own side and only on rows of accounts with one stripe.
    """

    pk = models.CompositePrimaryKey("account_id", "stripe")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, related_name="balances")
    stripe = models.SmallIntegerField()
    side = models.SmallIntegerField()
    balance = models.BigIntegerField()
    version = models.BigIntegerField()
    pending_debit = models.BigIntegerField()
    pending_credit = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    lag_us = models.BigIntegerField()
    floor_minor = models.BigIntegerField(null=True)
    ceiling_minor = models.BigIntegerField(null=True)
    credit_minor = models.BigIntegerField(default=0)


class LimitChange(models.Model):
    """Who set which limits of an account, when and why."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="limit_changes")
    floor_minor = models.BigIntegerField(null=True)
    ceiling_minor = models.BigIntegerField(null=True)
    credit_minor = models.BigIntegerField()
    changed_by = models.TextField()
    reason = models.TextField()
    changed_at = models.DateTimeField()


class JournalEntry(models.Model):
    """What happened, once: a balanced set of postings.

    `happened_at` is when it counts, `recorded_at` when we wrote it. `late_from` is when it really happened, when that
    month was closed by then and it counts in a later one. `fingerprint` is the SHA-256 of the whole content.
    """

    id = EntryIdField(primary_key=True)
    entity = models.CharField(max_length=40, db_collation="C")
    journal = models.CharField(max_length=2, db_collation="C")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    late_from = models.DateTimeField(null=True)
    closing = models.BooleanField(db_default=False)
    source_ref = models.CharField(max_length=80, db_collation="C")
    description = models.TextField()
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            BrinIndex(fields=["happened_at"], name="ledger_entry_happened", pages_per_range=32),
            BrinIndex(fields=["recorded_at"], name="ledger_entry_recorded", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return self.id


class EntryKey(models.Model):
    """Which entry an idempotency key stands for, for ever."""

    key = models.CharField(max_length=200, primary_key=True, db_collation="C")
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, db_constraint=False, db_index=False)


class Reversal(models.Model):
    """Which entry takes back which; each at most once."""

    reversed = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="reversed_by"
    )
    reversing = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, db_constraint=False, related_name="reverses"
    )


class Posting(models.Model):
    """One line of an entry, with the balance after it of the account's row it went to.

    Versions of a row count 1, 2, 3 … without a gap, so a lost line shows; its time never goes back, so the balance at a
    past moment is one index probe. No foreign keys in the database: they cost about two fifths of the batch speed; the
    function, the guards and `ledger_verify` hold the rule.
    """

    pk = models.CompositePrimaryKey("account_id", "stripe", "recorded_at", "account_version")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    stripe = models.SmallIntegerField()
    recorded_at = models.DateTimeField()
    account_version = models.BigIntegerField()
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, db_constraint=False, related_name="postings")
    amount_minor = models.BigIntegerField()
    balance_after = models.BigIntegerField()


class Hold(models.Model):
    """An entry that is promised: it counts against limits until it is settled, released or out of time."""

    id = HoldIdField(primary_key=True)
    entity = models.CharField(max_length=40, db_collation="C")
    journal = models.CharField(max_length=2, db_collation="C")
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    source_ref = models.CharField(max_length=80, db_collation="C")
    description = models.TextField()
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="ledger_hold_key_once"),
            models.CheckConstraint(condition=models.Q(key__gt=""), name="ledger_hold_key"),
            models.CheckConstraint(condition=models.Q(journal__in=sorted(chart.JOURNALS)), name="ledger_hold_journal"),
        ]

    def __str__(self) -> str:
        return self.id


class HoldLine(models.Model):
    """One line of a hold; counted from 1 in the order of account and amount."""

    pk = models.CompositePrimaryKey("hold_id", "line")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, db_index=False, related_name="lines")
    line = models.IntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="ledger_holdline_amount")]


class OpenHold(models.Model):
    """The holds that still count; whoever takes the row away ends the hold."""

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, primary_key=True, related_name="open")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="ledger_openhold_expiry")]


class HoldEnd(models.Model):
    """How a hold ended, once."""

    OUTCOMES = ("posted", "partly", "voided", "expired")

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, primary_key=True, related_name="end")
    outcome = models.CharField(max_length=7)
    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="settles"
    )
    reason = models.TextField()
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["posted", "partly", "voided", "expired"]), name="ledger_holdend_outcome"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["posted", "partly"], entry__isnull=False)
                | models.Q(outcome__in=["voided", "expired"], entry__isnull=True),
                name="ledger_holdend_entry",
            ),
        ]


class Period(models.Model):
    """A month of a legal entity that is being closed or is closed; a month without a row is open."""

    pk = models.CompositePrimaryKey("entity", "starts_at")
    entity = models.CharField(max_length=40, db_collation="C")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=7)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "closing", "closed"]), name="ledger_period_state"
            ),
            models.CheckConstraint(condition=models.Q(starts_at__lt=models.F("ends_at")), name="ledger_period_stretch"),
        ]


class PeriodEvent(models.Model):
    """Who moved a month from where to where, and why."""

    entity = models.CharField(max_length=40, db_collation="C")
    starts_at = models.DateTimeField()
    event = models.CharField(max_length=10)
    by = models.TextField()
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["entity", "starts_at", "id"], name="ledger_periodevent_month")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(event__in=["closing", "closed", "withdrawn", "asked", "reopened"]),
                name="ledger_periodevent_event",
            ),
            models.CheckConstraint(condition=models.Q(by__gt=""), name="ledger_periodevent_by"),
        ]


class Gate(models.Model):
    """Until when a legal entity's books are shut; what posting looks at. Follows from the periods."""

    entity = models.CharField(max_length=40, primary_key=True, db_collation="C")
    closed_until = models.DateTimeField()
    closing_until = models.DateTimeField()


class Fence(models.Model):
    """Until when the journal is sealed: nothing is recorded before. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    sealed_until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="ledger_fence_one")]


class Seal(models.Model):
    """A day's entries under one hash, chained to the day before (`seals.py`)."""

    day = models.DateField(primary_key=True)
    entry_count = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()
