"""Prices, one a moment per edition, country and currency."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("edition_ref", models.CharField(max_length=30)),
                ("country", models.CharField(max_length=2)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(null=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["edition_ref", "country", "currency", "valid_from"], name="price_lookup")
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="price_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="price_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "no_overlap.sql").read_text(),
            (_FOLDER / "no_overlap_reverse.sql").read_text(),
        ),
    ]
