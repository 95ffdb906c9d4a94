"""Refunds, their events, and disputes."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("payment_ref", models.CharField(db_index=True, max_length=30)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("state", models.CharField(default="open", max_length=10)),
                ("opened_by", models.CharField(max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(null=True)),
                ("outcome_note", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "won", "lost"])), name="dispute_state_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="dispute_amount_positive"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("payment_ref",), name="dispute_one_open"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("payment_ref", models.CharField(db_index=True, max_length=30)),
                ("invoice_ref", models.CharField(db_index=True, max_length=30)),
                ("invoice_number", models.CharField(max_length=60)),
                ("owner_ref", models.CharField(max_length=30)),
                ("booked_as", models.CharField(max_length=20)),
                ("entity", models.CharField(max_length=40)),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("platform", models.CharField(blank=True, max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("fee_back_minor", models.BigIntegerField()),
                ("way", models.CharField(max_length=10)),
                ("reason", models.TextField()),
                ("requested_by", models.CharField(max_length=60)),
                ("requested_at", models.DateTimeField()),
                ("state", models.CharField(default="granted", max_length=20)),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), default=list, size=None
                    ),
                ),
                ("payout_ref", models.CharField(blank=True, max_length=30)),
                ("granted_entry_ref", models.CharField(blank=True, max_length=30)),
                ("sent_entry_ref", models.CharField(blank=True, max_length=30)),
                ("provider_ref", models.CharField(max_length=120, null=True)),
                ("transaction_ref", models.CharField(max_length=120, null=True)),
                ("failure_reason", models.CharField(blank=True, max_length=40)),
                ("failure_code", models.CharField(blank=True, max_length=80)),
                ("settled_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("check_count", models.PositiveIntegerField(default=0)),
                ("not_found_count", models.PositiveIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_check_at__isnull", False)),
                        fields=["next_check_at"],
                        name="refund_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["granted", "paying_out", "pending", "unknown", "succeeded", "failed", "needs_review"],
                            )
                        ),
                        name="refund_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("way__in", ["operation", "payout"])), name="refund_way_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="refund_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("booked_as", "captured"), _negated=True),
                            (
                                "amount_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net_minor"), "+", models.F("tax_minor")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="refund_of_a_sale_is_net_and_tax",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "succeeded"), _negated=True),
                            ("settled_at__isnull", False),
                            _connector="OR",
                        ),
                        name="refund_success_is_dated",
                    ),
                    models.UniqueConstraint(
                        fields=("provider", "market", "provider_ref"), name="refund_provider_ref_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefundEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=20)),
                ("note", models.TextField(blank=True)),
                ("by", models.CharField(blank=True, max_length=60)),
                ("raw", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField()),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="refunds.refund"
                    ),
                ),
            ],
        ),
        migrations.RunSQL((_FOLDER / "frozen.sql").read_text(), (_FOLDER / "frozen_reverse.sql").read_text()),
    ]
