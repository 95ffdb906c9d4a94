"""The table of dated values, one value a subject a day."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BillingConfiguration",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("seller", "Seller"), ("tax_rule", "Tax Rule"), ("provider_route", "Provider Route")],
                        max_length=20,
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                ("subject", models.CharField(blank=True, max_length=80)),
                ("value", models.JSONField()),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("legal_reference", models.TextField(blank=True)),
                ("confidence", models.CharField(max_length=10)),
                ("changed_by", models.CharField(max_length=60)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "country", "subject", "valid_from"], name="configuration_lookup")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["seller", "tax_rule", "provider_route"])),
                        name="configuration_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__in", ["high", "medium", "low", "demo"])),
                        name="configuration_confidence_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="configuration_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "no_overlap.sql").read_text(),
            (_FOLDER / "no_overlap_reverse.sql").read_text(),
        ),
    ]
