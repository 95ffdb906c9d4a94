"""Payouts, batches and events."""

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
            name="PayoutBatch",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=120)),
                ("state", models.CharField(default="prepared", max_length=10)),
                ("prepared_by", models.CharField(max_length=60)),
                ("prepared_at", models.DateTimeField()),
                ("decided_by", models.CharField(max_length=60, null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("refusals", models.JSONField(default=list)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("prepared", "approved", "rejected"))),
                        name="payout_batch_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("prepared_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="payout_batch_takes_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by__isnull", True), ("state", "prepared")),
                            ("decided_by__isnull", False),
                            _connector="OR",
                        ),
                        name="payout_batch_decided_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=120)),
                ("part", models.PositiveSmallIntegerField()),
                ("part_count", models.PositiveSmallIntegerField()),
                ("entity", models.CharField(max_length=40)),
                ("account_code", models.CharField(max_length=8)),
                ("account_holder", models.CharField(blank=True, max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("platform", models.CharField(blank=True, max_length=40)),
                ("payee_name", models.CharField(max_length=160)),
                ("payee_phone_sealed", models.TextField()),
                ("payee_phone_index", models.CharField(db_index=True, max_length=64)),
                ("payee_phone_masked", models.CharField(max_length=20)),
                ("description", models.CharField(max_length=120)),
                ("source_ref", models.CharField(max_length=80)),
                ("state", models.CharField(default="prepared", max_length=20)),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), default=list, size=None
                    ),
                ),
                ("hold_ref", models.CharField(blank=True, max_length=30)),
                ("entry_ref", models.CharField(blank=True, max_length=30)),
                ("fee_entry_ref", models.CharField(blank=True, max_length=30)),
                ("ticket", models.CharField(blank=True, max_length=120)),
                ("provider_ref", models.CharField(max_length=120, null=True)),
                ("transaction_ref", models.CharField(max_length=120, null=True)),
                ("failure_reason", models.CharField(blank=True, max_length=40)),
                ("failure_code", models.CharField(blank=True, max_length=80)),
                ("prepared_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("check_count", models.PositiveIntegerField(default=0)),
                ("not_found_count", models.PositiveIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payouts", to="payouts.payoutbatch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PayoutEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=20)),
                ("note", models.TextField(blank=True)),
                ("by", models.CharField(blank=True, max_length=60)),
                ("raw", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField()),
                (
                    "payout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="payouts.payout"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)), fields=["next_check_at"], name="payout_due"
            ),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(fields=["source_ref"], name="payout_source"),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "prepared",
                            "rejected",
                            "approved",
                            "pending",
                            "unknown",
                            "succeeded",
                            "failed",
                            "needs_review",
                            "reversed",
                        ],
                    )
                ),
                name="payout_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payout_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee_minor__gte", 0)), name="payout_fee_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "pending", "unknown"]), _negated=True),
                    models.Q(("hold_ref", ""), _negated=True),
                    _connector="OR",
                ),
                name="payout_held_before_it_is_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["succeeded", "reversed"]), _negated=True),
                    models.Q(("entry_ref", ""), _negated=True),
                    _connector="OR",
                ),
                name="payout_success_is_booked",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["rejected", "failed", "reversed"]), _negated=True),
                    models.Q(("flags__contains", ["late_success"]), _negated=True),
                ),
                fields=("key", "part"),
                name="payout_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                fields=("provider", "market", "provider_ref"), name="payout_provider_ref_once"
            ),
        ),
        migrations.RunSQL((_FOLDER / "frozen.sql").read_text(), (_FOLDER / "frozen_reverse.sql").read_text()),
    ]
