"""Django's registration of royalties.web."""

from django.apps import AppConfig


class RoyaltiesWebConfig(AppConfig):
    name = "royalties.web"
    label = "royalties_web"
