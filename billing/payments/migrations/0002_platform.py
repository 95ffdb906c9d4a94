"""Which platform an attempt was sent to, what the provider wants to hear again, more ways for payers to go on."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0001_attempts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="paymenttransaction",
            name="payment_provider_ref_once",
        ),
        migrations.RemoveConstraint(
            model_name="paymenttransaction",
            name="payment_transaction_ref_once",
        ),
        migrations.AddField(
            model_name="paymenttransaction",
            name="action_details",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="paymenttransaction",
            name="platform",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="paymenttransaction",
            name="secrets_sealed",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="paymenttransaction",
            name="ticket",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddConstraint(
            model_name="paymenttransaction",
            constraint=models.UniqueConstraint(
                fields=("provider", "market", "provider_ref"), name="payment_provider_ref_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymenttransaction",
            constraint=models.UniqueConstraint(
                fields=("provider", "market", "transaction_ref"), name="payment_transaction_ref_once"
            ),
        ),
        migrations.RunSQL((_FOLDER / "0002_frozen.sql").read_text(), (_FOLDER / "0002_frozen_reverse.sql").read_text()),
    ]
