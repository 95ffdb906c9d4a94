"""Django's registration of royalties.contracts."""

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "royalties.contracts"
    label = "contracts"
