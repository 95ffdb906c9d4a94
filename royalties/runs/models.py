"""Tables of royalty lines. A line never changes: its statement stands beside it, a correction is a new line."""

from typing import ClassVar

from django.db import models


class PeriodRun(models.Model):
    """A month that is closed: nothing is added to it any more. A month without a row is open."""

    period = models.CharField(primary_key=True, max_length=7)  # 2026-10
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.period


class AuthorRoyalty(models.Model):
    """What one sale owes one payee. `inputs` holds everything the amount recomputes from."""

    id = models.CharField(primary_key=True, max_length=30)  # roy_…
    period = models.CharField(max_length=7)
    payee_ref = models.CharField(max_length=30)
    payee_name = models.CharField(max_length=160)
    entity = models.CharField(max_length=30)
    kind = models.CharField(max_length=20)
    edition_ref = models.CharField(max_length=30)
    title = models.CharField(max_length=300)
    item_ref = models.CharField(max_length=30)
    invoice_number = models.CharField(max_length=60)
    contract_ref = models.CharField(max_length=30)
    contract_version = models.PositiveIntegerField()
    quantity = models.IntegerField()
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField()
    base_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    happened_at = models.DateTimeField()
    accrued_at = models.DateTimeField()
    inputs = models.JSONField()
    entry_ref = models.CharField(max_length=30, blank=True)  # empty when the whole sale owes nothing

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["item_ref", "contract_ref", "contract_version", "payee_ref"], name="royalty_line_once"
            ),
            models.CheckConstraint(condition=models.Q(kind="sale"), name="royalty_kind_known"),
            models.CheckConstraint(
                condition=~models.Q(entry_ref="") | models.Q(amount_minor=0), name="royalty_owed_is_posted"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["payee_ref", "period"], name="royalty_by_payee"),
            models.Index(fields=["period"], name="royalty_by_period"),
        ]

    def __str__(self) -> str:
        return self.id


class LineStatement(models.Model):
    """On which statement a line stands; a line without a row stands on none yet."""

    line = models.OneToOneField(AuthorRoyalty, on_delete=models.PROTECT, primary_key=True, related_name="stated")
    statement_ref = models.CharField(max_length=30, db_index=True)

    def __str__(self) -> str:
        return f"{self.line_id} on {self.statement_ref}"


class AccruedSale(models.Model):
    """A sale line that was turned into royalty lines. Its key is what makes that happen once."""

    item_ref = models.CharField(primary_key=True, max_length=30)
    paid_at = models.DateTimeField(db_index=True)
    accrued_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.item_ref


class AwaitingContract(models.Model):
    """A paid sale line whose edition had no contract on that day. The row goes when a contract is recorded."""

    item_ref = models.CharField(primary_key=True, max_length=30)
    invoice_number = models.CharField(max_length=60)
    edition_ref = models.CharField(max_length=30, db_index=True)
    title = models.CharField(max_length=300)
    entity = models.CharField(max_length=30)
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField()
    paid_at = models.DateTimeField(db_index=True)
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.item_ref}: {self.title}"
