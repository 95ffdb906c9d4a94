"""Plans, subscriptions, their charges, requests and revenue by day; what may not change does not."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TestClock",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("owner_ref", models.CharField(db_index=True, max_length=40)),
                ("name", models.CharField(blank=True, max_length=80)),
                ("now_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CollectionRule",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("country", models.CharField(default="*", max_length=2)),
                ("interval", models.CharField(default="*", max_length=10)),
                (
                    "ask_days",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None),
                ),
                ("grace_days", models.PositiveSmallIntegerField()),
                ("give_up_days", models.PositiveSmallIntegerField()),
                ("price_notice_days", models.PositiveSmallIntegerField()),
                ("first_hour", models.PositiveSmallIntegerField()),
                ("end_hour", models.PositiveSmallIntegerField()),
                ("usual_hour", models.PositiveSmallIntegerField()),
                ("legal_reference", models.TextField(blank=True)),
                ("confidence", models.CharField(max_length=10)),
                ("changed_by", models.CharField(max_length=60)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("end_hour__lte", 24),
                            ("first_hour__lte", models.F("usual_hour")),
                            ("usual_hour__lt", models.F("end_hour")),
                        ),
                        name="collection_by_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grace_days__lte", models.F("give_up_days"))),
                        name="collection_grace_ends_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="collection_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("country", "interval"),
                        name="collection_one_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("owner_ref", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=40)),
                ("title", models.TextField()),
                ("title_en", models.TextField()),
                ("interval", models.CharField(max_length=10)),
                ("interval_count", models.PositiveSmallIntegerField(default=1)),
                ("trial_days", models.PositiveSmallIntegerField(default=0)),
                ("product_kind", models.CharField(max_length=20)),
                ("is_offered", models.BooleanField(default=True)),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("owner_ref", "code"), name="plan_codes_differ"),
                    models.CheckConstraint(
                        condition=models.Q(("interval__in", ["day", "week", "month", "quarter", "year"])),
                        name="plan_interval_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("interval_count__gte", 1)), name="plan_interval_counts"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecurringBilling",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("owner_ref", models.CharField(max_length=40)),
                ("customer_name", models.TextField()),
                ("customer_phone_sealed", models.TextField(blank=True)),
                ("customer_phone_index", models.CharField(blank=True, max_length=64)),
                ("customer_email", models.TextField(blank=True)),
                ("customer_language", models.CharField(max_length=10)),
                ("customer_user_ref", models.CharField(blank=True, db_index=True, max_length=30)),
                ("client_ref", models.CharField(blank=True, max_length=40)),
                ("subscriber", models.CharField(max_length=64)),
                ("country", models.CharField(max_length=2)),
                ("timezone", models.CharField(max_length=60)),
                ("provider", models.CharField(max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("unit_minor", models.BigIntegerField()),
                ("price_ref", models.CharField(max_length=30)),
                ("state", models.CharField(max_length=10)),
                ("anchor_on", models.DateField()),
                ("anchor_number", models.PositiveIntegerField(default=1)),
                ("number", models.PositiveIntegerField(default=0)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("trial_ends_on", models.DateField(null=True)),
                ("grace_ends_on", models.DateField(null=True)),
                ("gives_up_on", models.DateField(null=True)),
                ("cancels_at_end", models.BooleanField(default=False)),
                ("paused_from", models.DateField(null=True)),
                ("resumes_on", models.DateField(null=True)),
                ("asks_stopped_at", models.DateTimeField(null=True)),
                ("ended_on", models.DateField(null=True)),
                ("end_reason", models.TextField(blank=True)),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("next_ask_at", models.DateTimeField(null=True)),
                ("asked_count", models.PositiveSmallIntegerField(default=0)),
                ("held_reason", models.TextField(blank=True)),
                (
                    "next_plan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.plan",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="subscriptions.plan",
                    ),
                ),
                (
                    "clock",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="subscriptions.testclock",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PeriodCharge",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("state", models.CharField(max_length=10)),
                ("unit_minor", models.BigIntegerField()),
                ("unit_net_minor", models.BigIntegerField()),
                ("price_ref", models.CharField(max_length=30)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("gross_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("invoice_ref", models.CharField(max_length=30, unique=True)),
                ("issued_on", models.DateField()),
                ("issued_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("entry_ref", models.CharField(blank=True, max_length=30)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.plan"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="subscriptions.recurringbilling",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Mandate",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("currency", models.CharField(max_length=3)),
                ("payer_phone_sealed", models.TextField()),
                ("platform", models.CharField(blank=True, max_length=40)),
                ("state", models.CharField(max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mandates",
                        to="subscriptions.recurringbilling",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RevenueSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item_ref", models.CharField(max_length=30, unique=True)),
                ("entity", models.CharField(max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("net_minor", models.BigIntegerField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("held_from", models.DateField(null=True)),
                ("recognised_days", models.PositiveIntegerField(default=0)),
                ("recognised_minor", models.BigIntegerField(default=0)),
                ("next_day", models.DateField(null=True)),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="subscriptions.periodcharge",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="subscriptions.recurringbilling",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SubscriptionEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=10)),
                ("what", models.CharField(max_length=40)),
                ("reason", models.TextField(blank=True)),
                ("by", models.CharField(max_length=60)),
                ("details", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField()),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="subscriptions.recurringbilling",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CollectionRequest",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("step", models.PositiveSmallIntegerField()),
                ("way", models.CharField(blank=True, max_length=10)),
                ("outcome", models.CharField(default="waiting", max_length=10)),
                ("payment_ref", models.CharField(blank=True, max_length=30)),
                ("note", models.TextField(blank=True)),
                ("planned_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_hour", models.PositiveSmallIntegerField(null=True)),
                ("country", models.CharField(max_length=2)),
                ("subscriber", models.CharField(max_length=64)),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="subscriptions.periodcharge",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "waiting")), fields=["planned_at"], name="request_waiting"
                    ),
                    models.Index(fields=["country", "approved_hour"], name="request_approved"),
                    models.Index(fields=["subscriber", "approved_hour"], name="request_approved_by"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("charge", "step"), name="request_once_a_step"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["waiting", "sent", "refused"])),
                        name="request_outcome_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("price_ref", models.CharField(max_length=30)),
                ("unit_minor", models.BigIntegerField()),
                ("takes_effect_on", models.DateField()),
                ("told_at", models.DateTimeField()),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_notices",
                        to="subscriptions.recurringbilling",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("subscription", "price_ref"), name="price_told_once")],
            },
        ),
        migrations.AddIndex(
            model_name="periodcharge",
            index=models.Index(condition=models.Q(("state", "open")), fields=["id"], name="charge_open"),
        ),
        migrations.AddConstraint(
            model_name="periodcharge",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["period", "change"])), name="charge_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="periodcharge",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "paid", "void"])), name="charge_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="periodcharge",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__lt", models.F("ends_on"))), name="charge_has_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="periodcharge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "period")), fields=("subscription", "number"), name="period_charged_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="periodcharge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("subscription",), name="charge_one_open"
            ),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)), fields=["next_check_at"], name="mandate_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["pending", "approved"])),
                fields=("subscription",),
                name="mandate_one_alive",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "approved", "rejected", "expired", "cancelled"])),
                name="mandate_state_known",
            ),
        ),
        migrations.AddIndex(
            model_name="revenueschedule",
            index=models.Index(
                condition=models.Q(("next_day__isnull", False)), fields=["next_day", "id"], name="schedule_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="revenueschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__lt", models.F("ends_on"))), name="schedule_has_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="revenueschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("next_day__isnull", False), ("recognised_minor", models.F("net_minor")), _connector="OR"
                ),
                name="schedule_sums",
            ),
        ),
        migrations.AddIndex(
            model_name="recurringbilling",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at", "id"], name="subscription_due"
            ),
        ),
        migrations.AddIndex(
            model_name="recurringbilling",
            index=models.Index(
                condition=models.Q(("next_ask_at__isnull", False)), fields=["next_ask_at"], name="subscription_to_ask"
            ),
        ),
        migrations.AddIndex(
            model_name="recurringbilling",
            index=models.Index(fields=["owner_ref", "-id"], name="subscription_of_owner"),
        ),
        migrations.AddConstraint(
            model_name="recurringbilling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["trialing", "active", "grace", "past_due", "paused", "cancelled", "expired"])
                ),
                name="subscription_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="recurringbilling",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__lt", models.F("ends_on"))), name="subscription_period_has_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="recurringbilling",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit_minor__gt", 0)), name="subscription_price_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="recurringbilling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_on__isnull", True), ("state__in", ["active", "grace", "past_due", "paused", "trialing"])
                    ),
                    models.Q(
                        models.Q(("state__in", ["active", "grace", "past_due", "paused", "trialing"]), _negated=True),
                        ("due_at__isnull", True),
                        ("ended_on__isnull", False),
                        ("next_ask_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="subscription_ended_is_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="recurringbilling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["active", "grace", "past_due", "paused", "trialing"])),
                fields=("owner_ref", "subscriber", "plan"),
                name="subscription_once_a_plan",
            ),
        ),
        migrations.RunSQL((_FOLDER / "guards.sql").read_text(), (_FOLDER / "guards_reverse.sql").read_text()),
    ]
