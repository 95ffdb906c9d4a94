"""Django's registration of reading.web."""

from django.apps import AppConfig


class ReadingWebConfig(AppConfig):
    name = "reading.web"
    label = "reading_web"
