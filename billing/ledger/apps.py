"""Django's registration of billing.ledger."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import connections
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "billing.ledger"
    label = "ledger"

    def ready(self) -> None:
        post_migrate.connect(_load_chart, sender=self)


def _load_chart(*, using: str, apps: Any = installed, **_: Any) -> None:
    """Write the chart of accounts as the code has it into the database, after every migration."""
    from billing.ledger import chart

    try:
        rows = apps.get_model("ledger", "ChartAccount")
    except LookupError:  # migrated back to before there was one
        return
    if using != "default" or rows._meta.db_table not in connections[using].introspection.table_names():
        return
    # An account's side and stripes are its own from the day it is opened: to change them takes a migration.
    rows.objects.using(using).bulk_create(
        [rows(**chart.row(account)) for account in chart.ACCOUNTS.values()],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["floor_minor", "french", "english"],
    )
