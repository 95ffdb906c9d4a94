from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

_HERE = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=30)),
                ("version", models.PositiveIntegerField()),
                ("payee_ref", models.CharField(max_length=30)),
                ("payee_name", models.CharField(max_length=160)),
                ("entity", models.CharField(max_length=30)),
                ("period", models.CharField(max_length=7)),
                ("currency", models.CharField(max_length=3)),
                ("opening_minor", models.BigIntegerField()),
                ("earned_minor", models.BigIntegerField()),
                ("paid_minor", models.BigIntegerField()),
                ("closing_minor", models.BigIntegerField()),
                ("issued_at", models.DateTimeField()),
                ("document", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("entry_ref", models.CharField(blank=True, max_length=30)),
            ],
        ),
        migrations.CreateModel(
            name="StatementPdf",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="pdf",
                        serialize=False,
                        to="statements.statement",
                    ),
                ),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(fields=["period"], name="statement_by_period"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(fields=("number", "version"), name="statement_number_once"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                fields=("payee_ref", "entity", "currency", "period", "version"), name="statement_month_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "closing_minor",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("opening_minor"), "+", models.F("earned_minor")
                            ),
                            "-",
                            models.F("paid_minor"),
                        ),
                    )
                ),
                name="statement_adds_up",
            ),
        ),
        migrations.RunSQL(
            (_HERE / "append_only.sql").read_text(), reverse_sql=(_HERE / "append_only_reverse.sql").read_text()
        ),
    ]
