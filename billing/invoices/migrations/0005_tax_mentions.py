"""What the law wants printed of a tax, copied on each line."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0004_life"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoiceitem",
            name="tax_mention",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
