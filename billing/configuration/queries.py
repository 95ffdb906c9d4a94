"""What was configured on a day. Nothing found is a refusal, never a default."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.configuration import values
from billing.configuration.facts import ProviderRouteFact, SellerFact, TaxRuleFact
from billing.configuration.models import BillingConfiguration, Kind


class NoSeller(Exception):
    """Nobody sells in that country on that day."""


class NoTaxRule(Exception):
    """Nobody has said which tax such a sale bears in that country on that day. Unknown is not zero."""


class NoRoute(Exception):
    """We may not collect with that wallet, there, in that currency, on that day."""


def business_date(at: datetime) -> date:
    """The day `at` belongs to in the platform's own time zone: the one that dated rules and invoice years follow."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def seller(*, country: str, at: datetime) -> SellerFact:
    """Who sells in `country`.

    :raises NoSeller: nobody does.
    """
    row = _valid(Kind.SELLER, country, at).first()
    if row is None:
        raise NoSeller(f"no seller for {country} on {business_date(at)}")
    return values.seller_fact(row.value)


def tax_rule(*, country: str, product_kind: str, customer_kind: str = "person", at: datetime) -> TaxRuleFact:
    """Which taxes such a sale bears.

    :raises NoTaxRule: nobody has said.
    """
    row = _valid(Kind.TAX_RULE, country, at).filter(subject=f"{product_kind}/{customer_kind}").first()
    if row is None:
        raise NoTaxRule(f"no tax rule for {product_kind} to a {customer_kind} in {country} on {business_date(at)}")
    return _tax_rule(row)


def routes(*, country: str, currency: str, at: datetime) -> tuple[ProviderRouteFact, ...]:
    """The enabled wallets of `country` that collect `currency`, in order of preference."""
    found = _routes(_valid(Kind.PROVIDER_ROUTE, country, at))
    usable = [route for route in found if route.enabled and route.currency == currency]
    return tuple(sorted(usable, key=lambda route: (route.priority, route.provider)))


def route(*, provider: str, market: str, currency: str, at: datetime) -> ProviderRouteFact:
    """One enabled wallet.

    :raises NoRoute: not configured, or switched off.
    """
    found = _routes(_valid(Kind.PROVIDER_ROUTE, market, at).filter(subject=f"{provider}/{currency}"))
    for one in found:
        if one.enabled:
            return one
    raise NoRoute(f"no route for {provider} in {market} in {currency} on {business_date(at)}")


def _valid(kind: Kind, country: str, at: datetime) -> QuerySet[BillingConfiguration]:
    day = business_date(at)
    return BillingConfiguration.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day), kind=kind, country=country, valid_from__lte=day
    )


def _tax_rule(row: BillingConfiguration) -> TaxRuleFact:
    return values.tax_fact(
        row.value,
        ref=row.id,
        country=row.country,
        product_kind=row.subject.partition("/")[0],
        reference=row.legal_reference,
        confidence=row.confidence,
        since=row.valid_from,
    )


def _routes(rows: Iterable[BillingConfiguration]) -> list[ProviderRouteFact]:
    facts = []
    for row in rows:
        provider, _, currency = row.subject.partition("/")
        facts.append(values.route_fact(row.value, ref=row.id, provider=provider, market=row.country, currency=currency))
    return facts
