"""Django's registration of billing.outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "billing.outbox"
    label = "outbox"
