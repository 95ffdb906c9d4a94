"""How discounted prices end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("configuration", "0003_payout_routes"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="billingconfiguration",
            name="configuration_kind_known",
        ),
        migrations.AlterField(
            model_name="billingconfiguration",
            name="kind",
            field=models.CharField(
                choices=[
                    ("seller", "Seller"),
                    ("tax_rule", "Tax Rule"),
                    ("provider_route", "Provider Route"),
                    ("payout_route", "Payout Route"),
                    ("price_list", "Price List"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="billingconfiguration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["seller", "tax_rule", "provider_route", "payout_route", "price_list"])
                ),
                name="configuration_kind_known",
            ),
        ),
    ]
