"""How a notification came, and the token of the address it came to."""

from pathlib import Path

from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0001_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="providernotification",
            name="method",
            field=models.CharField(default="POST", max_length=4),
        ),
        migrations.AddField(
            model_name="providernotification",
            name="path_token",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.RunSQL(
            (_FOLDER / "0002_as_received.sql").read_text(), (_FOLDER / "0002_as_received_reverse.sql").read_text()
        ),
    ]
