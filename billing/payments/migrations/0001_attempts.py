"""Payment attempts and their events."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="PaymentTransaction",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("invoice_ref", models.CharField(db_index=True, max_length=30)),
                ("invoice_number", models.CharField(max_length=60)),
                ("owner_ref", models.CharField(max_length=30)),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("route_ref", models.CharField(max_length=30)),
                ("entity", models.CharField(max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("payer_phone_sealed", models.TextField(blank=True)),
                ("payer_phone_index", models.CharField(blank=True, db_index=True, max_length=64)),
                ("payer_phone_masked", models.CharField(blank=True, max_length=20)),
                ("return_url", models.TextField()),
                ("state", models.CharField(default="created", max_length=20)),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), default=list, size=None
                    ),
                ),
                ("provider_ref", models.CharField(max_length=120, null=True)),
                ("transaction_ref", models.CharField(max_length=120, null=True)),
                ("failure_reason", models.CharField(blank=True, max_length=40)),
                ("failure_code", models.CharField(blank=True, max_length=80)),
                ("action_kind", models.CharField(default="none", max_length=30)),
                ("action_url", models.TextField(blank=True)),
                ("action_instructions", models.TextField(blank=True)),
                ("action_expires_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("entry_ref", models.CharField(blank=True, max_length=30)),
                ("booked_as", models.CharField(blank=True, max_length=20)),
                ("checked_at", models.DateTimeField(null=True)),
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
                        name="payment_due",
                    ),
                    models.Index(
                        condition=models.Q(("settled_at__isnull", False)), fields=["settled_at"], name="payment_settled"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["created", "pending", "unknown", "succeeded", "failed", "expired", "needs_review"],
                            )
                        ),
                        name="payment_state_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="payment_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("fee_minor__gte", 0), ("fee_minor__lte", models.F("amount_minor"))),
                        name="payment_fee_within_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "succeeded"), _negated=True),
                            models.Q(("entry_ref", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="payment_success_is_booked",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["created", "pending", "unknown"])),
                        fields=("invoice_ref",),
                        name="payment_one_open_per_invoice",
                    ),
                    models.UniqueConstraint(fields=("provider", "provider_ref"), name="payment_provider_ref_once"),
                    models.UniqueConstraint(
                        fields=("provider", "transaction_ref"), name="payment_transaction_ref_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=20)),
                ("note", models.TextField(blank=True)),
                ("raw", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField()),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="payments.paymenttransaction",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["created", "pending", "unknown", "succeeded", "failed", "expired", "needs_review"],
                            )
                        ),
                        name="payment_event_state_known",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "frozen.sql").read_text(),
            (_FOLDER / "frozen_reverse.sql").read_text(),
        ),
    ]
