"""Django's registration of reports.web."""

from django.apps import AppConfig


class ReportsWebConfig(AppConfig):
    name = "reports.web"
    label = "reports_web"
