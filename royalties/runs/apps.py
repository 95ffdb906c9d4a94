"""Django's registration of royalties.runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "royalties.runs"
    label = "runs"
