"""Django's registration of billing.web."""

from django.apps import AppConfig


class BillingWebConfig(AppConfig):
    name = "billing.web"
    label = "billing_web"
