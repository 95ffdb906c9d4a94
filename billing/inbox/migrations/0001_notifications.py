"""Notifications as received."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ProviderNotification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("headers", models.JSONField()),
                ("body", models.BinaryField(max_length=65536)),
                ("body_size", models.PositiveIntegerField()),
                ("received_at", models.DateTimeField()),
                ("state", models.CharField(default="waiting", max_length=20)),
                ("reason", models.CharField(blank=True, max_length=80)),
                ("event_ref", models.CharField(max_length=120, null=True)),
                ("payment_ref", models.CharField(blank=True, max_length=30)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="notification_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "processed", "duplicate", "refused", "parked"])),
                        name="notification_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "duplicate"), _negated=True),
                        fields=("provider", "event_ref"),
                        name="notification_event_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "as_received.sql").read_text(),
            (_FOLDER / "as_received_reverse.sql").read_text(),
        ),
    ]
