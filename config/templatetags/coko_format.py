"""`{% load coko_format %}`: amounts, dates, rates and phone numbers as people read them, in the page's language."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django import template
from django.utils import timezone, translation

from billing.phones import mask
from config import formats

register = template.Library()


@register.simple_tag
def money(minor: int | None, currency: str) -> str:
    """`{% money 1500 "XOF" %}` → `1 500 F CFA`."""
    return formats.money(minor, currency, _language())


@register.simple_tag
def money_plain(minor: int | None, currency: str) -> str:
    """`{% money_plain 1500 "XOF" %}` → `1 500`."""
    return formats.money_plain(minor, currency, _language())


@register.filter
def currency_label(currency: str) -> str:
    """`XOF` → `F CFA (XOF)`, for column headers."""
    return formats.currency_label(currency)


@register.filter
def date_long(value: date | datetime | None) -> str:
    """`3 novembre 2026`."""
    return formats.date_long(_local(value), _language())


@register.filter
def moment(value: datetime | None) -> str:
    """`3 nov. 2026 à 14:12`, in the zone of the page."""
    return formats.moment(None if value is None else timezone.localtime(value), _language())


@register.filter
def month_name(period: str) -> str:
    """`octobre 2026`"""
    return formats.month_name(period, _language())


@register.filter
def percent(rate: Fraction | Decimal | int | str | None) -> str:
    """`18 %`."""
    return formats.percent(rate, _language())


@register.filter
def masked_phone(e164: str | None) -> str:
    """`+22177•••••67`."""
    return mask(e164) if e164 else formats.MISSING


def _language() -> str:
    return translation.get_language() or "fr"


def _local(value: date | datetime | None) -> date | None:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
