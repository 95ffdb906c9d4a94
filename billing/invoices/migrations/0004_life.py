"""Drafts, invoices paid in parts, and those nobody expects to be paid."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0003_credit_notes"),
    ]

    operations = [
        migrations.CreateModel(
            name="InvoicePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part_ref", models.CharField(max_length=30, unique=True)),
                ("amount_minor", models.BigIntegerField()),
                ("received_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoice_state_known",
        ),
        migrations.AddField(
            model_name="invoice",
            name="received_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="number",
            field=models.CharField(max_length=40, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("open", "open"),
                    ("partly_paid", "partly_paid"),
                    ("paid", "paid"),
                    ("void", "void"),
                    ("uncollectible", "uncollectible"),
                ],
                default="open",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="invoicedocument",
            name="state",
            field=models.CharField(max_length=20),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "open", "partly_paid", "paid", "void", "uncollectible"])),
                name="invoice_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__isnull", False), ("state__in", ["draft", "void"]), _connector="OR"),
                name="invoice_issued_has_a_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("received_minor", 0), ("state__in", ["draft", "open", "void"])),
                    models.Q(
                        ("received_minor__gt", 0),
                        ("received_minor__lt", models.F("gross_minor")),
                        ("state", "partly_paid"),
                    ),
                    models.Q(
                        models.Q(("received_minor", 0), ("received_minor", models.F("gross_minor")), _connector="OR"),
                        ("state", "paid"),
                    ),
                    models.Q(
                        ("received_minor__gte", 0),
                        ("received_minor__lt", models.F("gross_minor")),
                        ("state", "uncollectible"),
                    ),
                    _connector="OR",
                ),
                name="invoice_received_fits_its_state",
            ),
        ),
        migrations.AddField(
            model_name="invoicepart",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="invoices.invoice"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicepart",
            constraint=models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="part_positive"),
        ),
        migrations.RunSQL((_FOLDER / "life.sql").read_text(), (_FOLDER / "life_reverse.sql").read_text()),
    ]
