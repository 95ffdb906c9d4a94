"""Django's registration of reports.exports, which has a command."""

from django.apps import AppConfig


class ReportsExportsConfig(AppConfig):
    name = "reports.exports"
    label = "reports_exports"
