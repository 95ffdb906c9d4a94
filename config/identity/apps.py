"""Django's registration of config.identity."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IdentityConfig(AppConfig):
    name = "config.identity"
    label = "identity"

    def ready(self) -> None:
        post_migrate.connect(_define_roles, sender=self)


def _define_roles(*, using: str, **_kwargs: Any) -> None:
    """Groups follow roles.ROLES at every migration; permissions are rows that Django makes just before."""
    from config.identity import operations

    if using == operations.ALIAS:
        operations.define_roles()
