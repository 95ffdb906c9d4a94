"""Django's registration of royalties.payees."""

from django.apps import AppConfig


class PayeesConfig(AppConfig):
    name = "royalties.payees"
    label = "payees"
