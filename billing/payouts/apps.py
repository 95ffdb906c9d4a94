"""Django's registration of billing.payouts."""

from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    name = "billing.payouts"
    label = "payouts"
