from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_HERE = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=200)),
                ("edition_ref", models.CharField(db_index=True, max_length=30)),
                ("signed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ContractVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("edition_ref", models.CharField(max_length=30)),
                ("basis", models.CharField(max_length=20)),
                ("rate_numerator", models.BigIntegerField()),
                ("rate_denominator", models.BigIntegerField()),
                ("clause", models.TextField()),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("signed_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="contracts.contract"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("payee_ref", models.CharField(db_index=True, max_length=30)),
                ("weight", models.PositiveIntegerField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="contracts.contractversion",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.UniqueConstraint(fields=("contract", "version"), name="contract_version_once"),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rate_denominator__gt", 0),
                    ("rate_numerator__gt", 0),
                    ("rate_numerator__lte", models.F("rate_denominator")),
                ),
                name="contract_rate_within_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="contract_validity_not_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("basis", "net_receipts")), name="contract_basis_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("clause", ""), _negated=True), name="contract_clause_written"
            ),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.UniqueConstraint(fields=("version", "payee_ref"), name="share_payee_once"),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(condition=models.Q(("weight__gt", 0)), name="share_weight_positive"),
        ),
        migrations.RunSQL(
            (_HERE / "validity.sql").read_text(), reverse_sql=(_HERE / "validity_reverse.sql").read_text()
        ),
    ]
