"""What was imported, the lines as received, and where each line ended."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("line_id", models.UUIDField(primary_key=True, serialize=False)),
                ("happened_at", models.DateTimeField()),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("entity", models.CharField(max_length=40)),
                ("side", models.CharField(max_length=12)),
                ("state", models.CharField(max_length=10)),
                ("reason", models.CharField(blank=True, max_length=30)),
                ("rule", models.CharField(blank=True, max_length=20)),
                ("subject_ref", models.CharField(blank=True, max_length=30)),
                ("hint", models.CharField(blank=True, max_length=120)),
                ("explanation", models.CharField(blank=True, max_length=12)),
                ("subject_wallet_minor", models.BigIntegerField(default=0)),
                ("subject_fee_minor", models.BigIntegerField(default=0)),
                ("wallet_minor", models.BigIntegerField(default=0)),
                ("fee_minor", models.BigIntegerField(default=0)),
                ("suspense_minor", models.BigIntegerField(default=0)),
                ("other_minor", models.BigIntegerField(default=0)),
                ("other_code", models.CharField(blank=True, max_length=8)),
                ("entry_count", models.PositiveIntegerField(default=0)),
                ("todo", models.CharField(blank=True, max_length=6)),
                ("found_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_why", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "worklist")),
                        fields=["provider", "market", "happened_at"],
                        name="reconciliation_worklist",
                    ),
                    models.Index(
                        condition=models.Q(("todo", ""), _negated=True),
                        fields=["provider", "market", "line_id"],
                        name="reconciliation_to_do",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["matched", "explained", "worklist"])),
                        name="reconciliation_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("todo__in", ["", "settle", "book"])), name="reconciliation_todo"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "worklist"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reconciliation_worklist_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "matched"), _negated=True),
                            models.Q(("subject_ref", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reconciliation_match_has_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "explained"), _negated=True),
                            models.Q(("explanation", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reconciliation_explained_by_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", ""),
                            models.Q(models.Q(("decided_why", ""), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="reconciliation_decided_with_reason",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("subject_ref", ""), _negated=True),
                        fields=("subject_ref", "side"),
                        name="reconciliation_subject_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementImport",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("source", models.CharField(max_length=4)),
                ("file_name", models.CharField(blank=True, max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("map_ref", models.CharField(max_length=60)),
                ("covered_from", models.DateTimeField(null=True)),
                ("covered_to", models.DateTimeField(null=True)),
                ("line_count", models.BigIntegerField()),
                ("new_count", models.BigIntegerField()),
                ("repeated_count", models.BigIntegerField()),
                ("changed_count", models.BigIntegerField()),
                ("imported_by", models.CharField(max_length=60)),
                ("imported_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "market", "sha256"), name="reconciliation_import_once"),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["api", "file"])), name="reconciliation_import_source"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangedLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_id", models.UUIDField(db_index=True)),
                ("line_no", models.BigIntegerField()),
                ("happened_at", models.DateTimeField()),
                ("kind", models.CharField(max_length=20)),
                ("net_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("found_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_why", models.TextField(blank=True)),
                (
                    "source_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changed",
                        to="reconciliation.statementimport",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SettlementLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "line_id", "happened_at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line_id", models.UUIDField()),
                ("happened_at", models.DateTimeField()),
                ("line_no", models.BigIntegerField()),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("line_ref", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=20)),
                ("net_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("our_ref", models.CharField(max_length=120, null=True)),
                ("provider_ref", models.CharField(max_length=120, null=True)),
                ("transaction_ref", models.CharField(max_length=120, null=True)),
                ("phone_index", models.CharField(max_length=64, null=True)),
                ("phone_masked", models.CharField(max_length=20, null=True)),
                ("balance_minor", models.BigIntegerField(null=True)),
                ("is_reversal", models.BooleanField()),
                ("raw", models.JSONField()),
                (
                    "source_import",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="reconciliation.statementimport",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["happened_at"], name="reconciliation_line_when")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["payment", "refund", "payout", "payout_reversal", "fee", "tax", "transfer", "other"],
                            )
                        ),
                        name="reconciliation_kind",
                    )
                ],
            },
        ),
        migrations.RunSQL((_FOLDER / "append_only.sql").read_text(), (_FOLDER / "append_only_reverse.sql").read_text()),
    ]
