"""What a person made of a line that came again and said something else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0001_reconciliation"),
    ]

    operations = [
        migrations.AddField(
            model_name="changedline",
            name="correction_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="changedline",
            name="verdict",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddConstraint(
            model_name="changedline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verdict", ""),
                    models.Q(("verdict__in", ["accepted", "rejected"]), models.Q(("decided_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="reconciliation_change_verdict",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedline",
            constraint=models.CheckConstraint(
                condition=models.Q(("correction_id__isnull", True), ("verdict", "accepted"), _connector="OR"),
                name="reconciliation_change_followed",
            ),
        ),
    ]
