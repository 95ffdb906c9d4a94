"""Tables of contracts. The rule that an edition has one contract version a day is in the migration's SQL."""

from fractions import Fraction
from typing import ClassVar

from django.db import models


class Contract(models.Model):
    """A promise about one edition, in versions."""

    id = models.CharField(primary_key=True, max_length=30)  # ctr_…
    title = models.CharField(max_length=200)
    edition_ref = models.CharField(max_length=30, db_index=True)
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.title} ({self.id})"


class ContractVersion(models.Model):
    """The terms from `valid_from` until the day before `valid_to`; only `valid_to` ever changes, and only once."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    edition_ref = models.CharField(max_length=30)
    basis = models.CharField(max_length=20)
    rate_numerator = models.BigIntegerField()
    rate_denominator = models.BigIntegerField()
    clause = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    signed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["contract", "version"], name="contract_version_once"),
            models.CheckConstraint(
                condition=models.Q(rate_denominator__gt=0)
                & models.Q(rate_numerator__gt=0)
                & models.Q(rate_numerator__lte=models.F("rate_denominator")),
                name="contract_rate_within_one",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="contract_validity_not_empty",
            ),
            models.CheckConstraint(condition=models.Q(basis="net_receipts"), name="contract_basis_known"),
            models.CheckConstraint(condition=~models.Q(clause=""), name="contract_clause_written"),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} v{self.version}"

    @property
    def rate(self) -> Fraction:
        return Fraction(self.rate_numerator, self.rate_denominator)


class Share(models.Model):
    """One payee's weight in one version."""

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="shares")
    payee_ref = models.CharField(max_length=30, db_index=True)
    weight = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "payee_ref"], name="share_payee_once"),
            models.CheckConstraint(condition=models.Q(weight__gt=0), name="share_weight_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.payee_ref}: {self.weight}"
