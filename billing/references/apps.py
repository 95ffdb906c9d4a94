"""Django's registration of billing.references."""

from django.apps import AppConfig


class ReferencesConfig(AppConfig):
    name = "billing.references"
    label = "references"
