"""Invoices that cannot be changed once issued."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=40, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("paid", "paid"),
                            ("void", "void"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("owner_ref", models.CharField(max_length=40)),
                ("entity", models.CharField(max_length=40)),
                ("seller", models.JSONField()),
                ("customer_name", models.TextField()),
                ("customer_country", models.CharField(max_length=2)),
                ("customer_phone_sealed", models.TextField(blank=True)),
                ("customer_phone_index", models.CharField(blank=True, max_length=64)),
                ("customer_email", models.TextField(blank=True)),
                ("customer_language", models.CharField(max_length=10)),
                ("customer_user_ref", models.CharField(blank=True, max_length=30)),
                ("country", models.CharField(max_length=2)),
                ("currency", models.CharField(max_length=3)),
                ("item_count", models.PositiveIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("gross_minor", models.BigIntegerField()),
                ("opened_at", models.DateTimeField()),
                ("paid_at", models.DateTimeField(null=True)),
                ("payment_ref", models.CharField(blank=True, max_length=30)),
                ("provider", models.CharField(blank=True, max_length=30)),
                ("transaction_ref", models.TextField(blank=True)),
                ("fee_minor", models.BigIntegerField(default=0)),
                ("voided_at", models.DateTimeField(null=True)),
                ("void_reason", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner_ref", "-id"], name="invoice_of_owner"),
                    models.Index(fields=["customer_user_ref", "-id"], name="invoice_of_user"),
                    models.Index(fields=["customer_phone_index"], name="invoice_of_phone"),
                    models.Index(
                        condition=models.Q(("state", "paid")),
                        fields=["paid_at", "id"],
                        name="invoice_paid",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "open",
                                    "paid",
                                    "void",
                                ],
                            )
                        ),
                        name="invoice_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net_minor"), "+", models.F("tax_minor")
                                ),
                            )
                        ),
                        name="invoice_sums",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("paid_at__isnull", False),
                                ("state", "paid"),
                                models.Q(("payment_ref", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "paid"), _negated=True),
                                ("fee_minor", 0),
                                ("paid_at__isnull", True),
                                ("payment_ref", ""),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_paid_by_a_payment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "void"),
                                ("voided_at__isnull", False),
                                models.Q(("void_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "void"), _negated=True),
                                ("void_reason", ""),
                                ("voided_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_void_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fee_minor__gte", 0), ("fee_minor__lte", models.F("gross_minor"))),
                        name="invoice_fee_within_gross",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("payment_ref", ""), _negated=True),
                        fields=("payment_ref",),
                        name="payment_pays_one_invoice",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=20)),
                ("year", models.PositiveSmallIntegerField()),
                ("last_number", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("prefix", "year"), name="one_series_a_year")],
            },
        ),
        migrations.CreateModel(
            name="InvoiceDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=10)),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="invoices.invoice"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("invoice", "state"), name="one_document_a_state")],
            },
        ),
        migrations.CreateModel(
            name="InvoiceItem",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("position", models.PositiveIntegerField()),
                ("edition_ref", models.CharField(max_length=30)),
                ("title", models.TextField()),
                ("product_kind", models.CharField(max_length=20)),
                ("quantity", models.PositiveIntegerField()),
                ("unit_minor", models.BigIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("gross_minor", models.BigIntegerField()),
                ("tax_lines", models.JSONField()),
                ("tax_rule_ref", models.CharField(max_length=30)),
                ("tax_reference", models.TextField(blank=True)),
                ("price_ref", models.CharField(max_length=30)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="invoices.invoice"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["edition_ref"], name="item_of_edition")],
                "constraints": [
                    models.UniqueConstraint(fields=("invoice", "position"), name="item_positions_differ"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("unit_minor"), "*", models.F("quantity")
                                ),
                            )
                        ),
                        name="item_gross_is_unit_times_quantity",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "immutable.sql").read_text(),
            (_FOLDER / "immutable_reverse.sql").read_text(),
        ),
    ]
