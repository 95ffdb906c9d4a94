from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_HERE = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AccruedSale",
            fields=[
                ("item_ref", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("paid_at", models.DateTimeField(db_index=True)),
                ("accrued_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuthorRoyalty",
            fields=[
                ("id", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("period", models.CharField(max_length=7)),
                ("payee_ref", models.CharField(max_length=30)),
                ("payee_name", models.CharField(max_length=160)),
                ("entity", models.CharField(max_length=30)),
                ("kind", models.CharField(max_length=20)),
                ("edition_ref", models.CharField(max_length=30)),
                ("title", models.CharField(max_length=300)),
                ("item_ref", models.CharField(max_length=30)),
                ("invoice_number", models.CharField(max_length=60)),
                ("contract_ref", models.CharField(max_length=30)),
                ("contract_version", models.PositiveIntegerField()),
                ("quantity", models.IntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("gross_minor", models.BigIntegerField()),
                ("base_minor", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("happened_at", models.DateTimeField()),
                ("accrued_at", models.DateTimeField()),
                ("inputs", models.JSONField()),
                ("entry_ref", models.CharField(blank=True, max_length=30)),
            ],
        ),
        migrations.CreateModel(
            name="AwaitingContract",
            fields=[
                ("item_ref", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("invoice_number", models.CharField(max_length=60)),
                ("edition_ref", models.CharField(db_index=True, max_length=30)),
                ("title", models.CharField(max_length=300)),
                ("entity", models.CharField(max_length=30)),
                ("currency", models.CharField(max_length=3)),
                ("gross_minor", models.BigIntegerField()),
                ("paid_at", models.DateTimeField(db_index=True)),
                ("noticed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PeriodRun",
            fields=[
                ("period", models.CharField(max_length=7, primary_key=True, serialize=False)),
                ("closed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LineStatement",
            fields=[
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="stated",
                        serialize=False,
                        to="runs.authorroyalty",
                    ),
                ),
                ("statement_ref", models.CharField(db_index=True, max_length=30)),
            ],
        ),
        migrations.AddIndex(
            model_name="authorroyalty",
            index=models.Index(fields=["payee_ref", "period"], name="royalty_by_payee"),
        ),
        migrations.AddIndex(
            model_name="authorroyalty",
            index=models.Index(fields=["period"], name="royalty_by_period"),
        ),
        migrations.AddConstraint(
            model_name="authorroyalty",
            constraint=models.UniqueConstraint(
                fields=("item_ref", "contract_ref", "contract_version", "payee_ref"), name="royalty_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="authorroyalty",
            constraint=models.CheckConstraint(condition=models.Q(("kind", "sale")), name="royalty_kind_known"),
        ),
        migrations.AddConstraint(
            model_name="authorroyalty",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("entry_ref", ""), _negated=True), ("amount_minor", 0), _connector="OR"),
                name="royalty_owed_is_posted",
            ),
        ),
        migrations.RunSQL(
            (_HERE / "append_only.sql").read_text(), reverse_sql=(_HERE / "append_only_reverse.sql").read_text()
        ),
    ]
