"""Endpoints of API clients, events for them, attempts to deliver."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutgoingEvent",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("subject_ref", models.CharField(max_length=30)),
                ("body", models.TextField()),
                ("state", models.CharField(default="waiting", max_length=20)),
                ("attempt_count", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("happened_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("attempted_at", models.DateTimeField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="outbox.outgoingevent"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("owner_ref", models.CharField(db_index=True, max_length=30)),
                ("url", models.TextField()),
                ("secret_sealed", models.TextField()),
                ("state", models.CharField(default="active", max_length=20)),
                ("quiet_until", models.DateTimeField(null=True)),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "failing"])), name="endpoint_state_known"
                    ),
                    models.UniqueConstraint(fields=("owner_ref", "url"), name="endpoint_once_per_owner"),
                ],
            },
        ),
        migrations.AddField(
            model_name="outgoingevent",
            name="endpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="outbox.webhookendpoint"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingevent",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["next_attempt_at"], name="outgoing_event_due"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingevent",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "subject_ref", "happened_at", "id"],
                name="outgoing_event_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "delivered", "failed"])), name="outgoing_event_state_known"
            ),
        ),
        migrations.RunSQL(
            (_FOLDER / "append_only.sql").read_text(),
            (_FOLDER / "append_only_reverse.sql").read_text(),
        ),
    ]
