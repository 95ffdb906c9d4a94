"""Django's registration of config."""

from django.apps import AppConfig


class CokoConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import durability, grants  # noqa: F401  # they register their checks
