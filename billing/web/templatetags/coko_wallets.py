"""`{% load coko_wallets %}`: wallets as people call them."""

from django import template

from billing.payments import queries as payments

register = template.Library()


@register.filter
def wallet(provider: str) -> str:
    """`orange_sonatel` → `Orange Money`."""
    return payments.label(provider or "")
