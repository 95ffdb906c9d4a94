"""The ledger's tables, then what PostgreSQL itself holds about them: the SQL files beside this one."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import billing.ledger.models

_HERE = Path(__file__).parent


def _sql(name: str) -> str:
    return (_HERE / name).read_text()


def _entry(**options: object) -> models.OneToOneField:
    return models.OneToOneField(
        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.journalentry", **options
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(db_collation="C", max_length=40)),
                ("code", models.CharField(db_collation="C", max_length=8)),
                ("currency", models.CharField(db_collation="C", max_length=3)),
                ("holder", models.CharField(blank=True, db_collation="C", max_length=80)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("entity", "code", "currency", "holder"), name="ledger_account_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("entity__gt", "")), name="ledger_account_entity"),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[1-9][0-9]{1,7}$")), name="ledger_account_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="ledger_account_currency"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountBalance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                ("balance", models.BigIntegerField()),
                ("version", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", billing.ledger.models.EntryIdField(primary_key=True, serialize=False)),
                ("entity", models.CharField(db_collation="C", max_length=40)),
                ("journal", models.CharField(db_collation="C", max_length=2)),
                ("happened_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("source_ref", models.CharField(db_collation="C", max_length=80)),
                ("description", models.TextField()),
            ],
            options={
                "indexes": [models.Index(fields=["entity", "happened_at"], name="ledger_entry_by_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("journal__in", ["BQ", "OD", "RD", "VT"])), name="ledger_entry_journal"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryKey",
            fields=[
                ("entry", _entry(primary_key=True, related_name="idempotency", serialize=False)),
                ("key", models.CharField(db_collation="C", max_length=200)),
                ("fingerprint", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key",), name="ledger_entrykey_once"),
                    models.CheckConstraint(condition=models.Q(("key__gt", "")), name="ledger_entrykey_key"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reversal",
            fields=[
                ("reversed", _entry(primary_key=True, related_name="reversed_by", serialize=False)),
                ("reversing", _entry(related_name="reverses")),
            ],
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
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
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="ledger_posting_amount"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnbalancedEntry",
            fields=[("entry", _entry(primary_key=True, serialize=False))],
        ),
        migrations.RunSQL(
            [_sql("0001_posting.sql"), _sql("0001_guards.sql")],
            reverse_sql=_sql("0001_reverse.sql"),
        ),
    ]
