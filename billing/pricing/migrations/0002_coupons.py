"""Coupons, and who used them."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("pricing", "0001_prices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Coupon",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40)),
                ("owner_ref", models.CharField(max_length=40)),
                ("rate", models.CharField(max_length=40)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2), default=list, size=None
                    ),
                ),
                (
                    "subjects",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), default=list, size=None
                    ),
                ),
                ("period_count", models.PositiveIntegerField(null=True)),
                ("once_per_customer", models.BooleanField()),
                ("uses_max", models.PositiveIntegerField(null=True)),
                ("uses_count", models.PositiveIntegerField(default=0)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(null=True)),
                ("switched_off_at", models.DateTimeField(null=True)),
                ("added_by", models.CharField(max_length=60)),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("owner_ref", "code"), name="coupon_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Z0-9-]{4,40}$")), name="coupon_code_typeable"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor", 0), models.Q(("rate", "0/1"), _negated=True)),
                            models.Q(
                                ("amount_minor__gt", 0), ("rate", "0/1"), models.Q(("currency", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="coupon_rate_or_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("uses_max__isnull", True), ("uses_count__lte", models.F("uses_max")), _connector="OR"
                        ),
                        name="coupon_never_overused",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="coupon_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_count__isnull", True), ("period_count__gt", 0), _connector="OR"),
                        name="coupon_for_some_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("holder_ref", models.CharField(max_length=30, unique=True)),
                (
                    "customer_keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), default=list, size=None
                    ),
                ),
                ("state", models.CharField(max_length=10)),
                ("is_counted", models.BooleanField()),
                ("held_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "coupon",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="redemptions", to="pricing.coupon"
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["customer_keys"], name="redemption_of_customer"),
                    models.Index(condition=models.Q(("state", "held")), fields=["held_at"], name="redemption_held"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["held", "redeemed", "released"])),
                        name="redemption_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "held"), _negated=True),
                            models.Q(("ended_at__isnull", True), ("is_counted", True)),
                            _connector="OR",
                        ),
                        name="redemption_held_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "released"), _negated=True),
                            models.Q(("ended_at__isnull", False), ("is_counted", False)),
                            _connector="OR",
                        ),
                        name="redemption_released_does_not_count",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "coupon_terms.sql").read_text(),
            (_FOLDER / "coupon_terms_reverse.sql").read_text(),
        ),
    ]
