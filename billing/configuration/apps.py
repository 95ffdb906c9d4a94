"""Django's registration of billing.configuration."""

from django.apps import AppConfig


class ConfigurationConfig(AppConfig):
    name = "billing.configuration"
    label = "configuration"
