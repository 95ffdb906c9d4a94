"""How configured values are written as JSON and read back as facts. Pure; rates are exact fractions in text."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from billing.configuration.facts import PriceListFact, ProviderRouteFact, SellerFact, TaxRateFact, TaxRuleFact
from billing.money import exponent


class BadRate(ValueError):
    """A rate is negative, or so large that it can only be a percentage written as a fraction."""


class BadEnding(ValueError):
    """Prices end in steps of one or more, at a place within the step, and only where the currency has no cents."""


def rate_text(rate: Fraction) -> str:
    """`"9/50"`.

    :raises BadRate: below zero, or above one.
    """
    if not 0 <= rate <= 1:
        raise BadRate(f"a rate is a fraction from 0 to 1, not {rate}")
    return f"{rate.numerator}/{rate.denominator}"


def seller_value(seller: SellerFact) -> dict[str, Any]:
    return {
        "entity": seller.entity,
        "name": seller.name,
        "address": seller.address,
        "country": seller.country,
        "legal_mentions": [[label, text] for label, text in seller.legal_mentions.items()],  # a list keeps the order
        "invoice_prefix": seller.invoice_prefix,
        "confidence": seller.confidence,
    }


def seller_fact(value: Mapping[str, Any]) -> SellerFact:
    mentions = dict(value["legal_mentions"])
    return SellerFact(**{**value, "legal_mentions": mentions})


def tax_value(rates: Sequence[TaxRateFact], mention: str = "") -> dict[str, Any]:
    value: dict[str, Any] = {"rates": [[rate.code, rate_text(rate.rate)] for rate in rates]}
    return {**value, "mention": mention} if mention else value


def tax_fact(
    value: Mapping[str, Any], *, ref: str, country: str, product_kind: str, reference: str, confidence: str, since: date
) -> TaxRuleFact:
    rates = tuple(TaxRateFact(code, Fraction(rate)) for code, rate in value["rates"])
    return TaxRuleFact(ref, country, product_kind, rates, reference, confidence, since, value.get("mention", ""))


def route_value(*, entity: str, fee_rate: Fraction, enabled: bool, priority: int) -> dict[str, Any]:
    return {"entity": entity, "fee_rate": rate_text(fee_rate), "enabled": enabled, "priority": priority}


def route_fact(value: Mapping[str, Any], *, ref: str, provider: str, market: str, currency: str) -> ProviderRouteFact:
    return ProviderRouteFact(
        ref=ref,
        provider=provider,
        market=market,
        currency=currency,
        entity=value["entity"],
        fee_rate=Fraction(value["fee_rate"]),
        enabled=value["enabled"],
        priority=value["priority"],
    )


def price_list_value(*, step_minor: int, ending_minor: int, currency: str) -> dict[str, Any]:
    """
    :raises BadEnding: see the exception.
    """
    if exponent(currency) != 0 or not 0 <= ending_minor < step_minor:
        raise BadEnding(f"{currency} prices in steps of {step_minor} ending in {ending_minor}")
    return {"step_minor": step_minor, "ending_minor": ending_minor}


def price_list_fact(value: Mapping[str, Any]) -> PriceListFact:
    return PriceListFact(step_minor=value["step_minor"], ending_minor=value["ending_minor"])
