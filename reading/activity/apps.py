"""Django's registration of reading.activity."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "reading.activity"
    label = "activity"
