"""Credit notes: sales taken back by a paper that cites the invoice."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0002_discounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditNote",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=40, unique=True)),
                ("source_ref", models.CharField(max_length=30, unique=True)),
                ("reason", models.TextField()),
                ("owner_ref", models.CharField(max_length=40)),
                ("net_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("gross_minor", models.BigIntegerField()),
                ("issued_at", models.DateTimeField()),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credit_notes", to="invoices.invoice"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CreditNoteDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "note",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="document", to="invoices.creditnote"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CreditNoteItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("net_minor", models.BigIntegerField()),
                ("gross_minor", models.BigIntegerField()),
                ("tax_lines", models.JSONField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credited", to="invoices.invoiceitem"
                    ),
                ),
                (
                    "note",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="invoices.creditnote"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="creditnote",
            index=models.Index(fields=["owner_ref", "-id"], name="credit_note_of_owner"),
        ),
        migrations.AddIndex(
            model_name="creditnote",
            index=models.Index(fields=["issued_at", "id"], name="credit_note_issued"),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gross_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_minor"), "+", models.F("tax_minor")
                        ),
                    )
                ),
                name="credit_note_sums",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("gross_minor__gt", 0), ("net_minor__gte", 0), ("tax_minor__gte", 0)),
                name="credit_note_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="credit_note_for_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnoteitem",
            constraint=models.UniqueConstraint(fields=("note", "item"), name="credit_note_line_once"),
        ),
        migrations.AddConstraint(
            model_name="creditnoteitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("gross_minor__gt", 0), ("net_minor__gte", 0)), name="credit_note_line_positive"
            ),
        ),
        migrations.RunSQL(
            (_FOLDER / "credit_notes.sql").read_text(),
            (_FOLDER / "credit_notes_reverse.sql").read_text(),
        ),
    ]
