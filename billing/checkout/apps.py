"""Django's registration of billing.checkout."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "billing.checkout"
    label = "checkout"
