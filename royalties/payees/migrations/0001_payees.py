from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Payee",
            fields=[
                ("id", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=160)),
                ("author_ref", models.CharField(blank=True, db_index=True, max_length=30, null=True)),
                ("user_ref", models.CharField(blank=True, max_length=30, null=True)),
                ("country", models.CharField(max_length=2)),
                ("language", models.CharField(max_length=5)),
                ("email", models.EmailField(max_length=254)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user_ref",), name="payee_user_once"),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="payee_country_is_iso"
                    ),
                ],
            },
        ),
    ]
