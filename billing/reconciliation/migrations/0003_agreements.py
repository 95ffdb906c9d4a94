"""Until when a wallet and its statement were seen to agree."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0002_changes_decided"),
    ]

    operations = [
        migrations.CreateModel(
            name="WalletAgreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("currency", models.CharField(max_length=3)),
                ("entity", models.CharField(max_length=40)),
                ("agreed_until", models.DateTimeField()),
                ("told_minor", models.BigIntegerField()),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "market", "currency", "entity"), name="reconciliation_agreement_once"
                    )
                ],
            },
        ),
    ]
