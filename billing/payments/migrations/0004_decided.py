"""What two people say became of a payment nobody could tell of; events say who did them."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_FOLDER = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_in_review"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentevent",
            name="by",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.CreateModel(
            name="PaymentDecision",
            fields=[
                ("id", models.CharField(editable=False, max_length=30, primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=40)),
                ("market", models.CharField(max_length=2)),
                ("was_paid", models.BooleanField()),
                ("proof", models.CharField(max_length=120)),
                ("reason", models.TextField()),
                ("proposed_by", models.CharField(max_length=60)),
                ("proposed_at", models.DateTimeField()),
                ("state", models.CharField(default="proposed", max_length=10)),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_why", models.TextField(blank=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="payments.paymenttransaction",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "confirmed", "withdrawn", "overtaken"])),
                        name="payment_decision_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(
                                models.Q(("decided_by", ""), _negated=True),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payment_decision_takes_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proof", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("proposed_by", ""), _negated=True),
                        ),
                        name="payment_decision_is_founded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "proposed")),
                            ("decided_at__isnull", False),
                            _connector="OR",
                        ),
                        name="payment_decision_is_dated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")), fields=("payment",), name="payment_decision_one_open"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "confirmed"]), ("was_paid", True)),
                        fields=("provider", "market", "proof"),
                        name="payment_decision_proof_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (_FOLDER / "0004_decided.sql").read_text(), (_FOLDER / "0004_decided_reverse.sql").read_text()
        ),
    ]
