"""Why the last batch of payouts would not take a refund."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("refunds", "0001_refunds"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="refused_rule",
            field=models.CharField(blank=True, max_length=30),
        ),
    ]
