"""Permissions to move money, and to approve what somebody else prepared."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_close_books"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("use_payment_api", "May call the payment API"),
                    ("see_finance", "May see and export the books"),
                    ("close_books", "May close months of the books and open them again"),
                    ("move_money", "May give payments back, prepare payouts and say what became of them"),
                    ("approve_payouts", "May approve payouts that somebody else prepared"),
                    ("operate", "May act on payments and configuration"),
                ]
            },
        ),
    ]
