"""Local copies of books, authors and users."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuthorReference",
            fields=[
                ("author_ref", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("as_of", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="BookReference",
            fields=[
                ("edition_ref", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("book_ref", models.CharField(max_length=30)),
                ("title", models.TextField()),
                ("language", models.CharField(max_length=10)),
                ("kind", models.CharField(max_length=20)),
                ("contributors", models.JSONField(default=list)),
                ("as_of", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="UserReference",
            fields=[
                ("user_ref", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("email", models.TextField()),
                ("language", models.CharField(max_length=10)),
                ("as_of", models.DateTimeField()),
            ],
        ),
    ]
