"""Published exchange rates, append-only."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("configuration", "0001_dated_values"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=10)),
                ("base", models.CharField(max_length=3)),
                ("quote", models.CharField(max_length=3)),
                ("on_date", models.DateField()),
                ("rate", models.DecimalField(decimal_places=12, max_digits=28)),
                ("buying", models.DecimalField(decimal_places=12, max_digits=28, null=True)),
                ("selling", models.DecimalField(decimal_places=12, max_digits=28, null=True)),
                ("correction", models.PositiveSmallIntegerField(default=0)),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=60)),
                ("file_sha256", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "base", "quote", "on_date", "correction"), name="exchange_rate_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="exchange_rate_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("base__regex", "^[A-Z]{3}$"),
                            ("quote__regex", "^[A-Z]{3}$"),
                            models.Q(("base", models.F("quote")), _negated=True),
                        ),
                        name="exchange_rate_of_two_currencies",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("buying__isnull", True), ("selling__isnull", True)),
                            models.Q(
                                ("buying__gt", 0),
                                ("buying__isnull", False),
                                ("buying__lte", models.F("rate")),
                                ("selling__gte", models.F("rate")),
                                ("selling__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="exchange_rate_between_its_courses",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", "PEG"), _negated=True),
                            models.Q(
                                ("base__in", ["EUR", "XAF", "XOF"]), ("quote__in", ["EUR", "XAF", "XOF"]), _negated=True
                            ),
                        ),
                        name="exchange_rate_not_the_law",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "exchange_rates.sql").read_text(),
            (_FOLDER / "exchange_rates_reverse.sql").read_text(),
        ),
    ]
