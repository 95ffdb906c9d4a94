"""What was imported, the lines as received, and where each line ended. Imported by this package only.

Laid out to be partitioned by month: a line's key ends in `happened_at`, and what must be unique for ever (the line's
name, and that a payment is claimed once) stands in the table of findings.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from billing.reconciliation.facts import ImportFact, Kind, State


class StatementImport(models.Model):
    """One file, or what one pull brought. The same content again is the same import."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    source = models.CharField(max_length=4)
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    map_ref = models.CharField(max_length=60)
    covered_from = models.DateTimeField(null=True)
    covered_to = models.DateTimeField(null=True)
    line_count = models.BigIntegerField()
    new_count = models.BigIntegerField()
    repeated_count = models.BigIntegerField()
    changed_count = models.BigIntegerField()
    imported_by = models.CharField(max_length=60)
    imported_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["provider", "market", "sha256"], name="reconciliation_import_once"),
            models.CheckConstraint(condition=Q(source__in=["api", "file"]), name="reconciliation_import_source"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.provider}:{self.market}"

    def as_fact(self, *, is_repeated: bool = False) -> ImportFact:
        return ImportFact(
            id=self.id,
            provider=self.provider,
            market=self.market,
            source=self.source,
            map_ref=self.map_ref,
            covered_from=self.covered_from,
            covered_to=self.covered_to,
            line_count=self.line_count,
            new_count=self.new_count,
            repeated_count=self.repeated_count,
            changed_count=self.changed_count,
            imported_by=self.imported_by,
            imported_at=self.imported_at,
            is_repeated=is_repeated,
        )


class SettlementLine(models.Model):
    """A line as received; append-only by trigger. `line_id` is 128 bits of the SHA-256 of its name."""

    pk = models.CompositePrimaryKey("line_id", "happened_at")
    line_id = models.UUIDField()
    happened_at = models.DateTimeField()
    source_import = models.ForeignKey(StatementImport, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    line_no = models.BigIntegerField()
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    line_ref = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    net_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    our_ref = models.CharField(max_length=120, null=True)
    provider_ref = models.CharField(max_length=120, null=True)
    transaction_ref = models.CharField(max_length=120, null=True)
    phone_index = models.CharField(max_length=64, null=True)
    phone_masked = models.CharField(max_length=20, null=True)
    balance_minor = models.BigIntegerField(null=True)
    is_reversal = models.BooleanField()
    raw = models.JSONField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="reconciliation_kind"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # Not BRIN: what was just inserted is not summarised, and is read whole at each look.
            models.Index(fields=["happened_at"], name="reconciliation_line_when"),
        ]


class Finding(models.Model):
    """Where a line ended, and what its own entries did to the books. One row a line, made with it.

    The `…_minor` sums are what entries of this line put on each account (debit positive), so that the next entry is the
    difference to where the line belongs. `subject_…` is what the subject's own entries put there.
    """

    line_id = models.UUIDField(primary_key=True)
    happened_at = models.DateTimeField()
    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    entity = models.CharField(max_length=40)
    side = models.CharField(max_length=12)  # what it can match: payment, refund, payout, payout_back, or nothing
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=30, blank=True)
    rule = models.CharField(max_length=20, blank=True)
    subject_ref = models.CharField(max_length=30, blank=True)
    hint = models.CharField(max_length=120, blank=True)
    explanation = models.CharField(max_length=12, blank=True)
    subject_wallet_minor = models.BigIntegerField(default=0)
    subject_fee_minor = models.BigIntegerField(default=0)
    wallet_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    suspense_minor = models.BigIntegerField(default=0)
    other_minor = models.BigIntegerField(default=0)
    other_code = models.CharField(max_length=8, blank=True)
    entry_count = models.PositiveIntegerField(default=0)
    todo = models.CharField(max_length=6, blank=True)  # settle: tell the subject; book: bring the books to its place
    found_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="reconciliation_state"
            ),
            models.CheckConstraint(condition=Q(todo__in=["", "settle", "book"]), name="reconciliation_todo"),
            models.CheckConstraint(
                condition=~Q(state="worklist") | ~Q(reason=""), name="reconciliation_worklist_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="matched") | ~Q(subject_ref=""), name="reconciliation_match_has_subject"
            ),
            models.CheckConstraint(
                condition=~Q(state="explained") | ~Q(explanation=""), name="reconciliation_explained_by_something"
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | (~Q(decided_why="") & Q(decided_at__isnull=False)),
                name="reconciliation_decided_with_reason",
            ),
            # Two lines never prove one payment.
            models.UniqueConstraint(
                fields=["subject_ref", "side"], condition=~Q(subject_ref=""), name="reconciliation_subject_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["provider", "market", "happened_at"],
                condition=Q(state="worklist"),
                name="reconciliation_worklist",
            ),
            models.Index(fields=["provider", "market", "line_id"], condition=~Q(todo=""), name="reconciliation_to_do"),
        ]


class ChangedLine(models.Model):
    """A line that came again and said something else. What was said first stays; a person says which is true."""

    line_id = models.UUIDField(db_index=True)
    source_import = models.ForeignKey(StatementImport, on_delete=models.PROTECT, related_name="changed")
    line_no = models.BigIntegerField()
    happened_at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    net_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    found_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_why = models.TextField(blank=True)
    verdict = models.CharField(max_length=8, blank=True)
    correction_id = models.UUIDField(null=True)  # the line that is the difference, where there is one

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(verdict="") | (Q(verdict__in=["accepted", "rejected"]) & ~Q(decided_by="")),
                name="reconciliation_change_verdict",
            ),
            models.CheckConstraint(
                condition=Q(correction_id__isnull=True) | Q(verdict="accepted"), name="reconciliation_change_followed"
            ),
        ]


class WalletAgreement(models.Model):
    """Until when a wallet's account and its statement were seen to agree. Worth nothing but time: it may be deleted."""

    provider = models.CharField(max_length=40)
    market = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    entity = models.CharField(max_length=40)
    agreed_until = models.DateTimeField()  # the end of a UTC day: the first moment that is not included
    told_minor = models.BigIntegerField()  # what all lines before come to
    noted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["provider", "market", "currency", "entity"], name="reconciliation_agreement_once"
            ),
        ]
