"""Django's registration of billing.reconciliation."""

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "billing.reconciliation"
    label = "reconciliation"
