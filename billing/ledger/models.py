"""The ledger's tables. Only the SQL function `ledger_post_many` writes to them; triggers refuse everybody else.

Laid out to grow: entries and postings are append-only and can be partitioned by month; what must be unique for ever
(idempotency keys, reversals) has a table of its own, because a partitioned table can only hold uniqueness per month.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

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


class Account(models.Model):
    """One account of one legal entity, in one currency, for one holder (a wallet, a payee, or nobody)."""

    entity = models.CharField(max_length=40, db_collation="C")
    code = models.CharField(max_length=8, db_collation="C")
    currency = models.CharField(max_length=3, db_collation="C")
    holder = models.CharField(max_length=80, blank=True, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "code", "currency", "holder"], name="ledger_account_once"),
            models.CheckConstraint(condition=models.Q(entity__gt=""), name="ledger_account_entity"),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[1-9][0-9]{1,7}$"), name="ledger_account_code"),
            models.CheckConstraint(condition=models.Q(currency__regex="^[A-Z]{3}$"), name="ledger_account_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.code} {self.currency} {self.holder}".rstrip()


class AccountBalance(models.Model):
    """The account's balance now, and how many postings made it. Narrow and half filled: every posting updates it."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="balance")
    balance = models.BigIntegerField()
    version = models.BigIntegerField()


class JournalEntry(models.Model):
    """What happened, once: a balanced set of postings."""

    id = EntryIdField(primary_key=True)
    entity = models.CharField(max_length=40, db_collation="C")
    journal = models.CharField(max_length=2, db_collation="C")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source_ref = models.CharField(max_length=80, db_collation="C")
    description = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["entity", "happened_at"], name="ledger_entry_by_time")]
        constraints = [
            models.CheckConstraint(condition=models.Q(journal__in=sorted(chart.JOURNALS)), name="ledger_entry_journal"),
        ]

    def __str__(self) -> str:
        return self.id


class EntryKey(models.Model):
    """The idempotency key of an entry, for ever, with the SHA-256 of the content it stands for."""

    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="idempotency"
    )
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="ledger_entrykey_once"),
            models.CheckConstraint(condition=models.Q(key__gt=""), name="ledger_entrykey_key"),
        ]


class Reversal(models.Model):
    """Which entry takes back which; each at most once."""

    reversed = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="reversed_by"
    )
    reversing = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, db_constraint=False, related_name="reverses"
    )


class Posting(models.Model):
    """One line of an entry, with the account's balance after it.

    Versions of an account count 1, 2, 3 … without a gap, so a lost line shows. No foreign keys in the database: they
    cost about two fifths of the batch speed; the function, the triggers and `ledger_verify` hold the rule.
    """

    pk = models.CompositePrimaryKey("account_id", "account_version")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    account_version = models.BigIntegerField()
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, db_constraint=False, related_name="postings")
    amount_minor = models.BigIntegerField()
    balance_after = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="ledger_posting_amount")]


class UnbalancedEntry(models.Model):
    """Entries some statement left unbalanced, until COMMIT looks at them again. Empty outside a transaction."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, primary_key=True, db_constraint=False)
