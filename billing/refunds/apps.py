"""Django's registration of billing.refunds."""

from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "billing.refunds"
    label = "refunds"
