"""Django's registration of config."""

from django.apps import AppConfig


class CokoConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import durability  # noqa: F401  # registers its check
