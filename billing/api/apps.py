"""Django's registration of billing.api."""

from django.apps import AppConfig


class BillingApiConfig(AppConfig):
    name = "billing.api"
    label = "billing_api"
