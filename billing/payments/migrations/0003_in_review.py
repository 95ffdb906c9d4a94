"""Finds the few attempts that wait for a person without reading the many that do not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_platform"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="paymenttransaction",
            index=models.Index(
                condition=models.Q(("state", "needs_review")), fields=["started_at"], name="payment_in_review"
            ),
        ),
    ]
