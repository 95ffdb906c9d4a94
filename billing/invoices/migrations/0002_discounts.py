"""What a coupon took off, on the invoice and on each line."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0001_invoices"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="invoiceitem",
            name="item_gross_is_unit_times_quantity",
        ),
        migrations.AddField(
            model_name="invoice",
            name="coupon_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="invoice",
            name="discount_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="invoiceitem",
            name="discount_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="invoiceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gross_minor",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("unit_minor"), "*", models.F("quantity")
                            ),
                            "-",
                            models.F("discount_minor"),
                        ),
                    )
                ),
                name="item_gross_is_what_the_discount_leaves",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_minor", 0),
                    models.Q(("discount_minor__gt", 0), ("gross_minor__gte", 0)),
                    _connector="OR",
                ),
                name="item_discount_within_its_price",
            ),
        ),
    ]
