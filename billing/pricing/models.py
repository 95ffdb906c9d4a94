"""What things cost, from one moment to another, and what coupons take off. Imported by this package only."""

from fractions import Fraction
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from billing.pricing.facts import CouponFact, PriceFact, RedemptionFact


class Price(models.Model):
    """One tax-inclusive price of one edition, in one country (`*`: wherever no own price is set) and currency.

    Never edited: a change closes it (`valid_to`, exclusive) and adds the next. The migration's SQL keeps that so.
    """

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    edition_ref = models.CharField(max_length=30)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="price_positive"),
            # Equal moments are allowed: a price replaced at the instant it began was never valid.
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="price_ends_after_it_begins",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["edition_ref", "country", "currency", "valid_from"], name="price_lookup")
        ]

    def __str__(self) -> str:
        return f"{self.edition_ref} {self.country} {self.amount_minor} {self.currency}"

    def as_fact(self) -> PriceFact:
        return PriceFact(self.id, self.edition_ref, self.country, self.currency, self.amount_minor)


class Coupon(models.Model):
    """A promise to take something off. Its terms never change; its count moves, and it may be switched off once."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    code = models.CharField(max_length=40)
    owner_ref = models.CharField(max_length=40)
    rate = models.CharField(max_length=40)  # an exact fraction, "1/5"; "0/1" when an amount is taken off
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list)
    subjects = ArrayField(models.CharField(max_length=30), default=list)
    period_count = models.PositiveIntegerField(null=True)
    once_per_customer = models.BooleanField()
    uses_max = models.PositiveIntegerField(null=True)
    uses_count = models.PositiveIntegerField(default=0)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    switched_off_at = models.DateTimeField(null=True)
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner_ref", "code"], name="coupon_code_once"),
            models.CheckConstraint(condition=Q(code__regex="^[A-Z0-9-]{4,40}$"), name="coupon_code_typeable"),
            models.CheckConstraint(
                condition=Q(amount_minor=0) & ~Q(rate="0/1") | Q(amount_minor__gt=0, rate="0/1") & ~Q(currency=""),
                name="coupon_rate_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(uses_max__isnull=True) | Q(uses_count__lte=F("uses_max")), name="coupon_never_overused"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="coupon_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(period_count__isnull=True) | Q(period_count__gt=0), name="coupon_for_some_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_ref} {self.code}"

    def as_fact(self) -> CouponFact:
        return CouponFact(
            id=self.id,
            code=self.code,
            owner_ref=self.owner_ref,
            rate=Fraction(self.rate),
            amount_minor=self.amount_minor,
            currency=self.currency,
            countries=tuple(self.countries),
            subjects=tuple(self.subjects),
            period_count=self.period_count,
            once_per_customer=self.once_per_customer,
            uses_max=self.uses_max,
            uses_count=self.uses_count,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            switched_off_at=self.switched_off_at,
        )


class Redemption(models.Model):
    """One use of a coupon: held while its invoice is open, redeemed once it is paid, else released."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions")
    holder_ref = models.CharField(max_length=30, unique=True)
    customer_keys = ArrayField(models.CharField(max_length=80), default=list)
    state = models.CharField(max_length=10)
    is_counted = models.BooleanField()  # one of the coupon's uses_count
    held_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=["held", "redeemed", "released"]), name="redemption_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(is_counted=True, ended_at__isnull=True), name="redemption_held_counts"
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(is_counted=False, ended_at__isnull=False),
                name="redemption_released_does_not_count",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["customer_keys"], name="redemption_of_customer"),
            models.Index(fields=["held_at"], condition=Q(state="held"), name="redemption_held"),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} {self.holder_ref} {self.state}"

    def as_fact(self) -> RedemptionFact:
        return RedemptionFact(self.id, self.coupon_id, self.holder_ref, self.state, self.is_counted)
