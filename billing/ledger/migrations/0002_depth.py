"""Holds, limits, months that close, seals, many balances an account: the ledger in depth.

Postings, balances and keys get another primary key, so their tables are made anew and what was written is copied.
"""

from pathlib import Path

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import billing.ledger.models
from billing.ledger import chart

_HERE = Path(__file__).parent


def _sql(name: str) -> str:
    return (_HERE / name).read_text()


def _load_chart(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    rows = apps.get_model("ledger", "ChartAccount")
    for account in chart.ACCOUNTS.values():
        rows.objects.create(**chart.row(account))


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_ledger")]

    operations = [
        migrations.RunSQL(_sql("0002_before.sql"), reverse_sql=migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ChartAccount",
            fields=[
                ("code", models.CharField(db_collation="C", max_length=8, primary_key=True, serialize=False)),
                (
                    "side",
                    models.SmallIntegerField(help_text="1: usually a debit balance, -1: usually a credit balance"),
                ),
                ("stripes", models.SmallIntegerField()),
                ("floor_minor", models.BigIntegerField(null=True)),
                ("french", models.TextField()),
                ("english", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Fence",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("sealed_until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Gate",
            fields=[
                ("entity", models.CharField(db_collation="C", max_length=40, primary_key=True, serialize=False)),
                ("closed_until", models.DateTimeField()),
                ("closing_until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", billing.ledger.models.HoldIdField(primary_key=True, serialize=False)),
                ("entity", models.CharField(db_collation="C", max_length=40)),
                ("journal", models.CharField(db_collation="C", max_length=2)),
                ("recorded_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("source_ref", models.CharField(db_collation="C", max_length=80)),
                ("description", models.TextField()),
                ("key", models.CharField(db_collation="C", max_length=200)),
                ("fingerprint", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="HoldLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "hold_id", "line", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="ledger.hold",
                    ),
                ),
                ("line", models.IntegerField()),
                (
                    "account",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.account"),
                ),
                ("amount_minor", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="LimitChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("floor_minor", models.BigIntegerField(null=True)),
                ("ceiling_minor", models.BigIntegerField(null=True)),
                ("credit_minor", models.BigIntegerField()),
                ("changed_by", models.TextField()),
                ("reason", models.TextField()),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Period",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "entity", "starts_at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("entity", models.CharField(db_collation="C", max_length=40)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("state", models.CharField(max_length=7)),
            ],
        ),
        migrations.CreateModel(
            name="PeriodEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(db_collation="C", max_length=40)),
                ("starts_at", models.DateTimeField()),
                ("event", models.CharField(max_length=10)),
                ("by", models.TextField()),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("entry_count", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32)),
                ("seal", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="fence",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_fence_one"),
        ),
        migrations.CreateModel(
            name="HoldEnd",
            fields=[
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="end",
                        serialize=False,
                        to="ledger.hold",
                    ),
                ),
                ("outcome", models.CharField(max_length=7)),
                ("reason", models.TextField()),
                ("ended_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="OpenHold",
            fields=[
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="open",
                        serialize=False,
                        to="ledger.hold",
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(fields=("key",), name="ledger_hold_key_once"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(condition=models.Q(("key__gt", "")), name="ledger_hold_key"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("journal__in", ["BQ", "OD", "RD", "VT"])), name="ledger_hold_journal"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "closing", "closed"])), name="ledger_period_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at__lt", models.F("ends_at"))), name="ledger_period_stretch"
            ),
        ),
        migrations.AddIndex(
            model_name="periodevent",
            index=models.Index(fields=["entity", "starts_at", "id"], name="ledger_periodevent_month"),
        ),
        migrations.AddConstraint(
            model_name="periodevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("event__in", ["closing", "closed", "withdrawn", "asked", "reopened"])),
                name="ledger_periodevent_event",
            ),
        ),
        migrations.AddConstraint(
            model_name="periodevent",
            constraint=models.CheckConstraint(condition=models.Q(("by__gt", "")), name="ledger_periodevent_by"),
        ),
        migrations.AddField(
            model_name="holdend",
            name="entry",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settles",
                to="ledger.journalentry",
            ),
        ),
        migrations.AddIndex(
            model_name="openhold",
            index=models.Index(fields=["expires_at"], name="ledger_openhold_expiry"),
        ),
        migrations.AddConstraint(
            model_name="holdline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="ledger_holdline_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="holdend",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["posted", "partly", "voided", "expired"])),
                name="ledger_holdend_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdend",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry__isnull", False), ("outcome__in", ["posted", "partly"])),
                    models.Q(("entry__isnull", True), ("outcome__in", ["voided", "expired"])),
                    _connector="OR",
                ),
                name="ledger_holdend_entry",
            ),
        ),
        migrations.RemoveIndex(
            model_name="journalentry",
            name="ledger_entry_by_time",
        ),
        migrations.AddField(
            model_name="account",
            name="side",
            field=models.SmallIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="account",
            name="stripes",
            field=models.SmallIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="journalentry",
            name="closing",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="fingerprint",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="journalentry",
            name="key",
            field=models.CharField(db_collation="C", default="", max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="journalentry",
            name="late_from",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["happened_at"], name="ledger_entry_happened", pages_per_range=32
            ),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["recorded_at"], name="ledger_entry_recorded", pages_per_range=32
            ),
        ),
        migrations.DeleteModel(name="EntryKey"),
        migrations.DeleteModel(name="UnbalancedEntry"),
        migrations.DeleteModel(name="AccountBalance"),
        migrations.DeleteModel(name="Posting"),
        migrations.CreateModel(
            name="EntryKey",
            fields=[
                ("key", models.CharField(db_collation="C", max_length=200, primary_key=True, serialize=False)),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.journalentry",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccountBalance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "stripe", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="ledger.account",
                    ),
                ),
                ("stripe", models.SmallIntegerField()),
                ("side", models.SmallIntegerField()),
                ("balance", models.BigIntegerField()),
                ("version", models.BigIntegerField()),
                ("pending_debit", models.BigIntegerField()),
                ("pending_credit", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("lag_us", models.BigIntegerField()),
                ("floor_minor", models.BigIntegerField(null=True)),
                ("ceiling_minor", models.BigIntegerField(null=True)),
                ("credit_minor", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "stripe",
                        "recorded_at",
                        "account_version",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.account",
                    ),
                ),
                ("stripe", models.SmallIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("account_version", models.BigIntegerField()),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="ledger.journalentry",
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("balance_after", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="limitchange",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="limit_changes", to="ledger.account"
            ),
        ),
        migrations.RemoveConstraint(model_name="journalentry", name="ledger_entry_journal"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="account", name="id", field=models.BigIntegerField(primary_key=True, serialize=False)
                ),
            ],
            database_operations=[
                migrations.RunSQL("ALTER TABLE ledger_account ALTER COLUMN id DROP IDENTITY", migrations.RunSQL.noop),
            ],
        ),
        migrations.RunPython(_load_chart, migrations.RunPython.noop),
        migrations.RunSQL([_sql("0002_names.sql"), _sql("0002_copy.sql")], reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(condition=models.Q(("side__in", [-1, 1])), name="ledger_account_side"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(condition=models.Q(("stripes__gte", 1)), name="ledger_account_stripes"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("holder__regex", "[[:cntrl:]]"), _negated=True), name="ledger_account_holder"
            ),
        ),
        migrations.RunSQL(
            [_sql(f"0002_{part}.sql") for part in ("posting", "post_usual", "holds", "periods", "guards")],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
