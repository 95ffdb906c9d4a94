"""Django's registration of royalties.statements."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "royalties.statements"
    label = "statements"
